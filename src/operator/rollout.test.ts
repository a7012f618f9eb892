import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rolloutOf } from './rollout.ts'
import type { StandingObject } from './standing.ts'

const CONTROLLER = { kind: 'Deployment', name: 'controller' } as const
const SPEAKER = { kind: 'DaemonSet', name: 'speaker' } as const

const object = (kind: string, status: object, generation = 1): StandingObject => ({
  ...{ apiVersion: 'apps/v1', kind, metadata: { name: 'a', namespace: 'b', generation } },
  ...{ spec: { replicas: 2 }, status: { observedGeneration: 1, ...status } },
})
const deployment = (replicas: number, updatedReplicas: number, readyReplicas: number) =>
  object('Deployment', { replicas, updatedReplicas, readyReplicas })
const daemonSet = (wanted: number, updated: number, ready: number, current = wanted) =>
  object('DaemonSet', {
    ...{ desiredNumberScheduled: wanted, currentNumberScheduled: current },
    ...{ updatedNumberScheduled: updated, numberReady: ready },
  })

for (const [name, workload, standing, isReady, sentence] of [
  ['all there', CONTROLLER, deployment(2, 2, 2), true, '2 of 2 ready'],
  ['one late', CONTROLLER, deployment(2, 2, 1), false, '1 of 2 ready'],
  ['none yet', CONTROLLER, object('Deployment', {}), false, '0 of 2 ready, 0 as asked for now'],
  [
    'half new',
    CONTROLLER,
    deployment(3, 1, 2),
    false,
    '2 of 2 ready, 1 as asked for now, 1 still to go',
  ],
  ['one of before', CONTROLLER, deployment(3, 2, 3), false, '3 of 2 ready, 1 still to go'],
  ['not there', CONTROLLER, undefined, false, 'missing'],
  [
    'told, not heard',
    CONTROLLER,
    object('Deployment', { replicas: 2, updatedReplicas: 2, readyReplicas: 2 }, 2),
    false,
    'a change is not taken up yet',
  ],
  ['on every node', SPEAKER, daemonSet(3, 3, 3), true, '3 of 3 ready'],
  ['not on one node', SPEAKER, daemonSet(3, 2, 2, 2), false, '2 of 3 ready, 2 as asked for now'],
  ['old on two nodes', SPEAKER, daemonSet(3, 1, 3), false, '3 of 3 ready, 1 as asked for now'],
] as const) {
  test(`rolled out: ${workload.kind}, ${name}`, () => {
    const rollout = rolloutOf(workload, standing, [])
    const expected = `${workload.kind} ${workload.name}: ${sentence}`
    assert.deepEqual(rollout, { isReady, sentence: expected, troubles: [] })
  })
}

test('a DaemonSet without any node is not done, and says so', () => {
  const { isReady, troubles } = rolloutOf(SPEAKER, daemonSet(0, 0, 0), [])
  assert.equal(isReady, false)
  assert.deepEqual(troubles, [
    'DaemonSet speaker: no node qualifies, by nodeSelector, affinity and taints',
  ])
})

const failing = (conditions: object[]) => ({
  ...object('Deployment', { replicas: 2, updatedReplicas: 2, readyReplicas: 0, conditions }),
})
for (const [name, conditions, expected] of [
  [
    'Pods that are refused',
    [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'violates PodSecurity',
      },
    ],
    ['Deployment controller: FailedCreate: violates PodSecurity'],
  ],
  [
    'no progress for long',
    [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'timed out',
      },
    ],
    ['Deployment controller: ProgressDeadlineExceeded: timed out'],
  ],
  [
    'what is ordinary',
    [{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' }],
    [],
  ],
] as const) {
  test(`a workload tells of ${name}`, () => {
    assert.deepEqual(rolloutOf(CONTROLLER, failing([...conditions]), []).troubles, expected)
  })
}

const pod = (name: string, status: object, deletionTimestamp?: string): StandingObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod', spec: { nodeName: 'n1' }, status },
  metadata: { name, namespace: 'b', ...(deletionTimestamp ? { deletionTimestamp } : {}) },
})
const waiting = (reason: string, message?: string) => ({
  containerStatuses: [{ name: 'frr', state: { waiting: { reason, message } } }],
})
const troublesOf = (...pods: StandingObject[]) =>
  rolloutOf(SPEAKER, daemonSet(3, 3, 2), pods).troubles

test('a Pod tells of an image that cannot be pulled', () => {
  assert.deepEqual(troublesOf(pod('speaker-a', waiting('ImagePullBackOff', 'not found'))), [
    'Pod speaker-a on n1: container frr: ImagePullBackOff: not found',
  ])
  const before = { initContainerStatuses: waiting('ErrImagePull').containerStatuses }
  assert.deepEqual(troublesOf(pod('speaker-a', before)), [
    'Pod speaker-a on n1: container frr: ErrImagePull',
  ])
})

test('a Pod tells of nodes that do not take it', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' },
  ]
  assert.deepEqual(troublesOf(pod('speaker-a', { conditions })), ['Pod speaker-a on n1: 0/3 nodes'])
})

test('a Pod that is only starting, or ending, tells nothing', () => {
  assert.deepEqual(troublesOf(pod('speaker-a', waiting('ContainerCreating'))), [])
  assert.deepEqual(troublesOf(pod('speaker-a', waiting('CrashLoopBackOff'), 'now')), [])
})

test('of many alike some are told', () => {
  const pods = ['d', 'b', 'e', 'a', 'c'].map((name) => pod(name, waiting('ErrImagePull')))
  assert.deepEqual(
    troublesOf(...pods).map((one) => one.replace(/ on .*/, '')),
    ['Pod a', 'Pod b', 'Pod c', 'and 2 more like these'],
  )
})
