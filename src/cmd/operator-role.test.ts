import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { RawObject } from '../api/kinds.ts'
import { describe } from '../describe.ts'
import { ApiError } from '../kube/api-error.ts'
import type { ApiRequest, Client } from '../kube/client.ts'
import type { Told } from '../kube/event-book.ts'
import { readBase } from '../operator/base.ts'
import type { Given } from '../operator/installation.ts'
import { OperatorRole } from './operator-role.ts'

const OWN = 'metallb-system'
const BASE = readBase()
const GIVEN: Given = {
  namespace: OWN,
  ...{ controllerImage: 'a:1', speakerImage: 'a:1', frrImage: 'b:1', pullSecrets: [] },
  ...{ memberlistPort: 7946, metricsPort: 9120, healthPort: 17472 },
  ...{ tlsMinVersion: '', tlsCipherSuites: '', tlsCurvePreferences: '' },
}

type Standing = RawObject & { metadata: { generation?: number }; status?: { conditions?: Said[] } }
interface Said {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** A cluster in which every apply goes through, unless the test says otherwise. */
class Cluster {
  readonly standing = new Map<string, Standing>()
  readonly asked: ApiRequest[] = []
  readonly told: Told[] = []
  readonly later: number[] = []
  leftMs = 1_000
  refuse: (request: ApiRequest) => Error | undefined = () => undefined
  #version = 0

  readonly role = new OperatorRole({
    ...{ given: GIVEN, base: BASE, log: pino({ level: 'silent' }) },
    copies: {
      all: (kind) => [...this.standing.values()].filter((one) => one.kind === kind),
      wrote: (object) => void this.standing.set(`${object.kind}/${object.metadata.name}`, object),
    },
    writing: {
      client: { request: async (request: ApiRequest) => this.#answer(request) } as Client,
      fence: { leftMs: () => this.leftMs },
    },
    record: (told) => this.told.push(told),
    later: (ms) => this.later.push(ms),
  })

  put(name: string, spec: object = {}): void {
    const metadata = { name, namespace: OWN, uid: 'u', generation: 1, resourceVersion: '1' }
    const object = { apiVersion: 'metallb.io/v1beta1', kind: 'MetalLB', metadata, spec }
    this.standing.set(`MetalLB/${name}`, object)
  }

  /** What the last pass asked for. */
  async pass(): Promise<string[]> {
    this.asked.length = 0
    await this.role.pass()
    return this.asked.map(
      ({ method = 'GET', path }) => `${method} ${path.split('/').slice(-2).join('/')}`,
    )
  }

  conditions(name = 'metallb'): Record<string, Said> {
    const { status } = this.standing.get(`MetalLB/${name}`)!
    return Object.fromEntries((status?.conditions ?? []).map((one) => [one.type, one]))
  }

  #answer(request: ApiRequest) {
    this.asked.push(request)
    const error = this.refuse(request)
    if (error) throw error
    const resourceVersion = `${++this.#version}`
    if (request.path.endsWith('/status')) {
      const [, name = ''] = /metallbs\/(.+)\/status$/.exec(request.path) ?? []
      const stood = this.standing.get(`MetalLB/${name}`)!
      return {
        ...stood,
        ...(request.body as object),
        metadata: { ...stood.metadata, resourceVersion },
      }
    }
    if (request.patch !== 'apply') return { metadata: { uid: 'n' } }
    const body = request.body as RawObject
    return { ...body, metadata: { ...body.metadata, resourceVersion, generation: 1 } }
  }
}

test('all is applied once, the status says what is missing, and then nothing is asked any more', async () => {
  const cluster = new Cluster()
  cluster.put('metallb')
  const first = await cluster.pass()
  assert.equal(first.filter((one) => one.startsWith('PATCH')).length, 11)
  assert.ok(first.includes('PATCH daemonsets/speaker'))
  assert.equal(first.at(-1), 'PATCH metallb/status')
  const { Progressing } = cluster.conditions()
  assert.deepEqual([Progressing?.status, Progressing?.reason], ['True', 'RollingOut'])
  assert.deepEqual(await cluster.pass(), [])
  assert.deepEqual(
    cluster.told.map(({ reason }) => reason),
    ['Progressing'],
  )
})

const failing = (cluster: Cluster, expected: RegExp) =>
  assert.rejects(cluster.pass(), (error) => {
    assert.match(describe(error), expected)
    return true
  })

test('what does not lead does nothing', async () => {
  const cluster = new Cluster()
  cluster.leftMs = 0
  cluster.put('metallb')
  assert.deepEqual(await cluster.pass(), [])
})

test('a refused object is named, and the others are applied', async () => {
  const cluster = new Cluster()
  cluster.put('metallb')
  const refusal = { status: 422, reason: 'Invalid', said: 'no such field', causes: [] }
  cluster.refuse = ({ path }) =>
    path.endsWith('/speaker') ? new ApiError('PATCH speaker', refusal) : undefined
  await failing(cluster, /cannot apply DaemonSet speaker: .* no such field/)
  assert.equal(cluster.standing.has('Deployment/controller'), true)
  const { Available, Degraded } = cluster.conditions()
  assert.deepEqual([Available?.status, Degraded?.reason], ['False', 'NotApplied'])
  assert.match(Degraded?.message ?? '', /^cannot apply DaemonSet speaker: /)
  cluster.refuse = () => undefined
  assert.deepEqual(await cluster.pass(), ['PATCH daemonsets/speaker', 'PATCH metallb/status'])
  assert.equal(cluster.conditions().Degraded?.status, 'False')
})

test('a server that is away for a moment is no news, one that stays away is', async () => {
  const cluster = new Cluster()
  cluster.put('metallb')
  await cluster.pass()
  cluster.put('metallb', { loadBalancerClass: 'a' })
  cluster.refuse = ({ path }) =>
    /controller$|speaker$/.test(path) ? new Error('no answer') : undefined
  for (const expected of ['False', 'False', 'True']) {
    await failing(cluster, /no answer/)
    assert.equal(cluster.conditions().Degraded?.status ?? 'False', expected)
  }
})

for (const [name, spec, reason, message] of [
  ['second', {}, 'IncorrectMetalLBResourceName', /^MetalLB "second" has no effect/],
  ['metallb', { logLevel: 'trace' }, 'InvalidSpec', /spec.logLevel: must be one of/],
  [
    'metallb',
    { bgpBackend: 'frr-k8s-external', frrk8sConfig: { namespace: 'frr' } },
    'BGPBackendNotServed',
    /Nothing was changed/,
  ],
] as const) {
  test(`nothing is written for it but why: ${reason}`, async () => {
    const cluster = new Cluster()
    cluster.put(name, spec)
    assert.deepEqual(await cluster.pass(), [`PATCH ${name}/status`])
    const { Degraded } = cluster.conditions(name)
    assert.equal(Degraded?.reason, reason)
    assert.match(Degraded?.message ?? '', message)
    assert.deepEqual(await cluster.pass(), [])
    assert.deepEqual(
      cluster.told.map(({ type, reason }) => `${type} ${reason}`),
      ['Warning Degraded'],
    )
  })
}

test('who changes an object again and again is answered later, and nothing is asked meanwhile', async () => {
  const cluster = new Cluster()
  cluster.put('metallb')
  await cluster.pass()
  const stood = cluster.standing.get('ConfigMap/frr-startup')!
  for (let round = 1; round <= 6; round++) {
    cluster.standing.set('ConfigMap/frr-startup', { ...stood, data: {} } as Standing)
    const asked = await cluster.pass()
    assert.deepEqual(asked, round <= 5 ? ['PATCH configmaps/frr-startup'] : [])
  }
  assert.equal(cluster.later.length, 1)
})

test('without the object the webhooks go, and once no controller runs, their Lease', async () => {
  const cluster = new Cluster()
  cluster.put('metallb')
  await cluster.pass()
  cluster.standing.delete('MetalLB/metallb')
  const labels = { app: 'metallb', component: 'controller' }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'controller-a', namespace: OWN, labels },
  }
  cluster.standing.set('Pod/controller-a', pod)
  const hooks = 'DELETE validatingwebhookconfigurations/metallb-webhook-configuration'
  assert.deepEqual(await cluster.pass(), [hooks])
  cluster.standing.delete('ValidatingWebhookConfiguration/metallb-webhook-configuration')
  cluster.standing.delete('Pod/controller-a')
  assert.deepEqual(await cluster.pass(), ['DELETE leases/controller'])
  assert.deepEqual(await cluster.pass(), [])
})
