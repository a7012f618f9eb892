// What an API server lets each role do, once manifests/ stand: every verb on every kind of thing we
// touch, and on some that we must not. What is not in the table is denied.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { V1SubjectAccessReview } from '@kubernetes/client-node'
import { kubeconfigAccess } from '../../src/kube/access.ts'
import { type Client, openClient } from '../../src/kube/client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests')
const OWN = 'metallb-system'
const OTHER = 'default'
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']

const READ = 'list watch'
const KEEP = 'get list watch patch'
const MIRROR = 'list watch create patch delete'

// resource.group, where (namespace/name; no namespace: of the cluster), controller, speaker
const TABLE = [
  ['services', OTHER, READ, READ],
  ['services/status', OTHER, 'patch', ''],
  ['nodes', '', READ, READ],
  ['nodes/status', '', '', ''],
  ['namespaces', '', READ, READ],
  ['endpointslices.discovery.k8s.io', OTHER, '', READ],
  ['endpoints', OTHER, '', ''],
  ['events', OTHER, 'create patch', 'create patch'],

  ['ipaddresspools.metallb.io', OWN, READ, READ],
  ['addresspools.metallb.io', OWN, READ, READ],
  ['bgppeers.metallb.io', OWN, READ, READ],
  ['bgpadvertisements.metallb.io', OWN, READ, READ],
  ['l2advertisements.metallb.io', OWN, READ, READ],
  ['bfdprofiles.metallb.io', OWN, READ, READ],
  ['communities.metallb.io', OWN, READ, READ],
  ['metallbs.metallb.io', `${OWN}/metallb`, READ, READ],
  ['metallbs.metallb.io', `${OWN}/another`, '', ''],
  ['bgppeers.metallb.io', OTHER, '', ''],
  ['ipaddresspools.metallb.io/status', OWN, 'patch', ''],

  ['configurationstates.metallb.io', OWN, MIRROR, MIRROR],
  ['configurationstates.metallb.io/status', OWN, 'patch', 'patch'],
  ['servicebgpstatuses.metallb.io', OWN, '', MIRROR],
  ['servicebgpstatuses.metallb.io/status', OWN, '', 'patch'],
  ['servicel2statuses.metallb.io', OWN, '', MIRROR],
  ['servicel2statuses.metallb.io/status', OWN, '', 'patch'],
  ['servicel2statuses.metallb.io', OTHER, '', ''],
  ['bgpsessionstates.frrk8s.metallb.io', OWN, '', MIRROR],
  ['bgpsessionstates.frrk8s.metallb.io/status', OWN, '', 'patch'],
  ['bgpsessionstates.frrk8s.metallb.io', OTHER, '', ''],

  ['configmaps', `${OWN}/bgpextras`, READ, READ],
  ['configmaps', `${OWN}/frr-startup`, '', ''],
  ['secrets', `${OWN}/password`, 'list watch create', READ],
  ['secrets', `${OWN}/memberlist`, 'list watch create', READ],
  ['secrets', `${OWN}/metallb-webhook-cert`, 'get list watch create patch', READ],
  ['secrets', OTHER, '', ''],
  ['pods', OWN, 'get', 'get list watch'],
  ['pods', OTHER, '', ''],
  ['pods/exec', OWN, '', ''],
  ['deployments.apps', `${OWN}/controller`, 'get', ''],
  ['deployments.apps', `${OWN}/another`, '', ''],
  ['daemonsets.apps', OWN, '', ''],
  ['leases.coordination.k8s.io', `${OWN}/controller`, 'get create update', ''],
  ['leases.coordination.k8s.io', `${OWN}/another`, 'create', ''],
  ['leases.coordination.k8s.io', 'kube-system', '', ''],

  [
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    '/metallb-webhook-configuration',
    KEEP,
    '',
  ],
  ['validatingwebhookconfigurations.admissionregistration.k8s.io', '/another', '', ''],
  ['mutatingwebhookconfigurations.admissionregistration.k8s.io', '', '', ''],
  ['customresourcedefinitions.apiextensions.k8s.io', '/bgppeers.metallb.io', KEEP, ''],
  ['customresourcedefinitions.apiextensions.k8s.io', '/addresspools.metallb.io', KEEP, ''],
  ['customresourcedefinitions.apiextensions.k8s.io', '/communities.metallb.io', '', ''],
  ['clusterroles.rbac.authorization.k8s.io', '', '', ''],
  ['roles.rbac.authorization.k8s.io', OWN, '', ''],
  ['serviceaccounts/token', OWN, '', ''],
  ['tokenreviews.authentication.k8s.io', '', 'create', 'create'],
  ['subjectaccessreviews.authorization.k8s.io', '', 'create', 'create'],
  ['localsubjectaccessreviews.authorization.k8s.io', OWN, '', ''],
] as const

suite('what an API server lets the roles do', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let client: Client
  before(async () => {
    server = await startApiServer({ dir: folder.path('server') })
    await server.apply(await server.kubectl('kustomize', MANIFESTS))
    client = openClient(await kubeconfigAccess(server.kubeconfig))
  })
  after(async () => {
    client?.[Symbol.dispose]()
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  for (const [resource, where, controller, speaker] of TABLE) {
    for (const [role, expected] of [
      ['controller', controller],
      ['speaker', speaker],
    ] as const) {
      test(`${role}: ${resource} in ${where || 'the cluster'}: ${expected || 'nothing'}`, async () => {
        const answers = await Promise.all(
          VERBS.map((verb) => mayDo({ role, verb, resource, where })),
        )
        const allowed = VERBS.filter((_, index) => answers[index])
        assert.equal(allowed.join(' '), expected)
      })
    }
  }

  interface Question {
    readonly role: string
    readonly verb: string
    readonly resource: string
    readonly where: string
  }

  async function mayDo({ role, verb, resource: written, where }: Question): Promise<boolean> {
    const [full = '', subresource] = written.split('/')
    const [resource, ...group] = full.split('.')
    const [namespace, name] = where.split('/')
    const { status } = await client.request<V1SubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: `system:serviceaccount:${OWN}:${role}`,
          groups: [
            'system:authenticated',
            'system:serviceaccounts',
            `system:serviceaccounts:${OWN}`,
          ],
          resourceAttributes: {
            verb,
            group: group.join('.'),
            resource,
            subresource,
            namespace,
            name,
          },
        },
      },
    })
    assert.equal(status!.evaluationError, undefined)
    return status!.allowed
  }
})
