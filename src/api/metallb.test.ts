import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseObject } from '../config/parse.ts'
import { MetalLbSpec } from './metallb.ts'

const node = (weight: number) => ({
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } },
    ],
  },
})
const pods = (weight: number) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [
    { weight, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
  ],
})

for (const [name, spec] of [
  ['nothing at all', {}],
  ['an eviction delay for NoExecute', tolerating({ tolerationSeconds: 60, effect: 'NoExecute' })],
  ['a toleration without a delay', tolerating({ key: 'edge', operator: 'Exists' })],
  ['a delay of 0 for any effect', tolerating({ tolerationSeconds: 0, effect: 'NoSchedule' })],
  [
    'affinity weights 1 and 100',
    { controllerConfig: { affinity: { ...node(1), podAffinity: pods(100) } } },
  ],
  [
    'quantities as text and number',
    {
      speakerConfig: {
        resources: { limits: { cpu: 2, memory: '128Mi' }, requests: { cpu: '50m' } },
      },
    },
  ],
  ['the empty backend', { bgpBackend: '' }],
  ['an external backend', { bgpBackend: 'frr-k8s-external', frrk8sConfig: { namespace: 'frr' } }],
  ['a class with a prefix', { loadBalancerClass: 'example.org/fast.lane' }],
  ['a class without', { loadBalancerClass: 'metallb' }],
] as const) {
  test(`MetalLB accepts ${name}`, () => assert.deepEqual(wrongIn(spec), []))
}

for (const [name, spec, ...expected] of [
  [
    'an eviction delay for NoSchedule',
    tolerating({ tolerationSeconds: 60, effect: 'NoSchedule' }),
    'speakerTolerations.0.effect',
    'controllerTolerations.0.effect',
  ],
  [
    'an eviction delay for every effect',
    { speakerTolerations: [{ tolerationSeconds: 1 }] },
    'speakerTolerations.0.effect',
  ],
  [
    'a node weight of 0',
    { speakerConfig: { affinity: node(0) } },
    'speakerConfig.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.weight',
  ],
  [
    'a pod weight of 101, near and away',
    { controllerConfig: { affinity: { podAffinity: pods(101), podAntiAffinity: pods(101) } } },
    'controllerConfig.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.weight',
    'controllerConfig.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.0.weight',
  ],
  ['a backend nobody knows', { bgpBackend: 'bird' }, 'bgpBackend'],
  ['a log level nobody knows', { logLevel: 'trace' }, 'logLevel'],
  [
    'an address to block',
    { frrk8sConfig: { alwaysBlock: ['192.0.2.1'] } },
    'frrk8sConfig.alwaysBlock.0',
  ],
  ['a class that ends in a dot', { loadBalancerClass: 'a/b.' }, 'loadBalancerClass'],
  [
    'a quantity without a number',
    { speakerConfig: { resources: { limits: { cpu: 'many' } } } },
    'speakerConfig.resources.limits.cpu',
  ],
  ['a field nobody knows', { imagePullPolicy: 'Always' }, ''],
] as const) {
  test(`MetalLB refuses ${name}`, () => assert.deepEqual(wrongIn(spec), expected))
}

test('MetalLB: blanks around a blocked prefix do not count', () => {
  const spec = MetalLbSpec.parse({ frrk8sConfig: { alwaysBlock: [' 192.0.2.0/24 '] } })
  assert.deepEqual(spec.frrk8sConfig?.alwaysBlock, ['192.0.2.0/24'])
})

function tolerating(toleration: object) {
  return { speakerTolerations: [toleration], controllerTolerations: [toleration] }
}

function wrongIn(spec: unknown): string[] {
  const { error } = MetalLbSpec.safeParse(spec)
  return (error?.issues ?? []).map((issue) => issue.path.join('.'))
}

test('MetalLB: one of a namespace, by its name', () => {
  const problemsOf = (name: string) => {
    const metadata = { name, namespace: 'metallb-system' }
    const raw = { apiVersion: 'metallb.io/v1beta1', kind: 'MetalLB', metadata, spec: {} }
    const parsed = parseObject(raw, 'metallb-system')
    return 'problems' in parsed ? parsed.problems : []
  }
  assert.deepEqual(problemsOf('metallb'), [])
  assert.deepEqual(
    problemsOf('second').map(({ path, message }) => `${path}: ${message}`),
    ['metadata.name: the one installation of a namespace is named "metallb"'],
  )
})
