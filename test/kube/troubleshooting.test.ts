// The commands with which guides have people look at a cluster, asked of a real API server that holds the
// guide's own objects: each of the page is run, and prints what the page says. Without a kubelet there
// are Pods, but they run nothing.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { temporaryFolder } from '../support/folder.ts'
import { find, ROOT } from '../support/source.ts'
import { commandsUnder } from '../support/troubleshooting-page.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'

const OWN = 'metallb-system'
const POD = 'speaker-66bth'
const GUIDE = [
  'guide-ip-address-pool/input.yaml',
  'guide-bgp-peer/input.yaml',
  'guide-bgp-peer-authenticated/input.yaml',
  'guide-bgp-peer-authenticated/bgp-auth-secret.yaml',
  'guide-communities/input.yaml',
  'guide-communities/bgp-communities.yaml',
]
/** What running roles and Kubernetes would add. */
const OBJECTS = `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: ${OWN}}}
---
apiVersion: v1
kind: Pod
metadata: {name: ${POD}, namespace: ${OWN}, labels: {app: metallb, component: speaker}}
spec:
  nodeName: worker-1
  automountServiceAccountToken: false
  containers: [{name: speaker, image: a}, {name: frr, image: b}]
---
apiVersion: v1
kind: Service
metadata: {name: nginx-lb, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
apiVersion: metallb.io/v1beta1
kind: ConfigurationState
metadata: {name: speaker-worker-1, namespace: ${OWN}}
---
apiVersion: metallb.io/v1beta1
kind: ServiceBGPStatus
metadata: {name: bgp-1, namespace: ${OWN}}
`

const PRINTS: Readonly<Record<string, readonly RegExp[]>> = {
  'kubectl get pods -n metallb-system': [/^speaker-66bth +0\/2/m],
  'kubectl get -n metallb-system pods -l component=speaker': [/^speaker-66bth +0\/2/m],
  "kubectl get pods -n metallb-system POD -o jsonpath='{.spec.nodeName}'": [/^worker-1$/],
  'kubectl get all -n metallb-system': [/^pod\/speaker-66bth/m, /^daemonset\.apps\/speaker/m],
  'kubectl describe pods -n metallb-system -l component=speaker': [
    /^ {2}speaker:$/m,
    /^ {2}frr:$/m,
  ],
  'kubectl get ipaddresspools -n metallb-system': [
    /^NAME +AUTO ASSIGN +AVOID BUGGY IPS +ADDRESSES$/m,
    /^production-pool +true +true +\["192\.168\.100\.0\/24"\]$/m,
  ],
  'kubectl get ipaddresspools -n metallb-system -o yaml': [
    /^ {4}- 192\.168\.100\.0\/24$/m,
    /^ {2}status:\n(?: {4}.*\n)*? {4}availableIPv4: 200$/m,
  ],
  'kubectl get bgppeers -n metallb-system': [
    /^NAME +ADDRESS +ASN +BFD PROFILE +MULTI HOPS$/m,
    /^router-primary +192\.168\.1\.1 +64512/m,
  ],
  'kubectl describe bgppeer router-primary -n metallb-system': [
    /^ {2}Peer Address: +192\.168\.1\.1$/m,
    /^ +Warning +sessionDown .*the session of node worker-1 is down$/m,
  ],
  'kubectl get bgpadvertisements -n metallb-system': [
    /^production-with-communities +\["production-pool"\]/m,
  ],
  'kubectl get bgpadvertisements -n metallb-system -o yaml': [/^ {4}- production-community$/m],
  'kubectl get communities -n metallb-system': [/^production-community +\S+$/m],
  'kubectl get configurationstates -n metallb-system': [
    /^NAME +RESULT +ERRORSUMMARY +AGE$/m,
    /^speaker-worker-1 +Valid/m,
  ],
  'kubectl get servicebgpstatuses -n metallb-system': [/^bgp-1 +worker-1 +nginx-lb +default/m],
  'kubectl get svc -A | grep LoadBalancer': [/^default +nginx-lb +LoadBalancer .* <pending> /m],
  "kubectl get events -n metallb-system --sort-by='.lastTimestamp'": [
    /Warning +sessionDown +bgppeer\/router-primary/,
  ],
  'kubectl get secret bgp-auth-secret -n metallb-system -o yaml': [
    /^ {2}password: eW91ci1zZWN1cmUtcGFzc3dvcmQ=$/m,
  ],
  "kubectl get secret bgp-auth-secret -n metallb-system -o jsonpath='{.data.password}' | base64 -d":
    [/^your-secure-password$/],
  'kubectl get crd | grep metallb': find('manifests/crds/*.yaml').map((path) => {
    const [group, plural] = /([^/]+)\.yaml$/.exec(path)![1]!.split('_')
    return new RegExp(`^${plural}\\.${group} `, 'm')
  }),
}

/** As a speaker tells it; kubectl finds the events of an object by its uid. */
const eventOf = (uid: string): string => `
apiVersion: v1
kind: Event
metadata: {name: session, namespace: ${OWN}}
type: Warning
reason: sessionDown
involvedObject: {apiVersion: metallb.io/v1beta2, kind: BGPPeer, name: router-primary, namespace: ${OWN}, uid: ${uid}}
message: the session of node worker-1 is down
lastTimestamp: '2026-05-17T09:55:05Z'
`

test('the page and this test know the same commands', () => {
  assert.deepEqual(commandsUnder('Of the cluster'), Object.keys(PRINTS))
})

suite('looking at a cluster', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let kubectl: string
  before(async () => {
    kubectl = (await kubeCommands(() => {})).kubectl
    server = await startApiServer({ dir: folder.dir })
    await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('create', 'namespace', OWN)
    for (const path of GUIDE) {
      await server.kubectl('apply', '-f', join(ROOT, 'test/cases', path))
    }
    await server.kubectl('apply', '-f', join(ROOT, 'manifests/speaker/daemon-set.yaml'))
    await server.apply(OBJECTS)
    const uid = ['-o', 'jsonpath={.metadata.uid}']
    await server.apply(
      eventOf(await server.kubectl('get', 'bgppeer', 'router-primary', '-n', OWN, ...uid)),
    )
    await setStatus('ipaddresspool', 'production-pool', {
      ...{ assignedIPv4: 54, availableIPv4: 200, assignedIPv6: 0, availableIPv6: 0 },
    })
    await setStatus('configurationstate', 'speaker-worker-1', { result: 'Valid' })
    const announced = { node: 'worker-1', serviceName: 'nginx-lb', serviceNamespace: 'default' }
    await setStatus('servicebgpstatus', 'bgp-1', { ...announced, peers: ['router-primary'] })
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function setStatus(kind: string, name: string, status: object): Promise<void> {
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
    await server.kubectl('patch', kind, name, '-n', OWN, ...patch)
  }

  for (const [command, expected] of Object.entries(PRINTS)) {
    test(command, async () => {
      const { kubeconfig: KUBECONFIG } = await server.access()
      // As people type it, in a shell; "kubectl" is the one that fits the server.
      const line = command.replace('POD', POD).replaceAll(/\bkubectl\b/g, kubectl)
      const { stdout } = await execa('bash', ['-o', 'pipefail', '-c', line], {
        env: { KUBECONFIG },
      })
      for (const one of expected) assert.match(stdout, one)
    })
  }
})
