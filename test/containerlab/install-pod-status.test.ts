import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statusOf } from './support/kubelet-status.ts'

const FACTS = { hostIP: '192.0.2.11', startTime: 'start' }
const WEB = { name: 'web', image: 'web:1', restarts: 0 }

const conditionsOf = ({ conditions }: ReturnType<typeof statusOf>) =>
  Object.fromEntries(conditions.map((one) => [one.type, `${one.status} ${one.lastTransitionTime}`]))

test('it waits for what it needs, then runs, then is ready; each keeps the time it came', () => {
  const idle = { ...WEB, isRunning: false, isReady: false }
  const waiting = { reason: 'ContainerCreating', message: 'no Secret "keys"' }
  const pending = statusOf({ ...FACTS, waiting, containers: [idle] }, {}, 't1')
  assert.equal(pending.phase, 'Pending')
  assert.deepEqual(pending.containerStatuses, [
    {
      ...{ name: 'web', image: 'web:1', imageID: 'web:1', restartCount: 0 },
      ...{ ready: false, started: false, state: { waiting }, lastState: {} },
    },
  ])
  const running = { ...WEB, isRunning: true, isReady: false, startedAt: 't2' }
  const busy = statusOf({ ...FACTS, podIP: '10.0.0.2', containers: [running] }, pending, 't2')
  assert.deepEqual([busy.phase, busy.podIPs], ['Running', [{ ip: '10.0.0.2' }]])
  const ready = statusOf({ ...FACTS, containers: [{ ...running, isReady: true }] }, busy, 't3')
  assert.deepEqual(conditionsOf(ready), {
    PodScheduled: 'True t1',
    Initialized: 'True t2',
    ContainersReady: 'True t3',
    Ready: 'True t3',
  })
})

test('one container that is not ready, and the Pod is not', () => {
  const containers = [
    { ...WEB, isRunning: true, isReady: true, startedAt: 't1' },
    { ...WEB, isRunning: false, isReady: false, restarts: 1, exitCode: 137 },
  ]
  const status = statusOf({ ...FACTS, containers }, {}, 't1')
  assert.equal(conditionsOf(status).Ready, 'False t1')
  assert.partialDeepStrictEqual(status.containerStatuses[1], {
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 137 } },
    restartCount: 1,
  })
})
