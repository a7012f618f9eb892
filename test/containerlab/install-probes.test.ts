import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstVerdict, nextVerdict, urlOf } from './support/kubelet-probes.ts'

const PROBE = { httpGet: { path: '/readyz', port: 'health' }, failureThreshold: 2 }

test('one good answer is enough, and it takes as many bad ones as the probe says', () => {
  const start = firstVerdict({ ...PROBE, initialDelaySeconds: 3 }, 1000)
  assert.deepEqual([start.isGood, start.dueAt], [undefined, 4000])
  const told = [false, true, false, true, false, false]
  const answers: (boolean | undefined)[] = []
  told.reduce((verdict, isGood) => {
    const next = nextVerdict(PROBE, verdict, isGood, 0)
    answers.push(next.isGood)
    return next
  }, start)
  assert.deepEqual(answers, [undefined, true, true, true, true, false])
})

test('it is asked again after its period', () => {
  const probe = { ...PROBE, periodSeconds: 5 }
  assert.equal(nextVerdict(probe, firstVerdict(probe, 0), true, 2000).dueAt, 7000)
})

test('where it asks: the Pod or another host, a port by number or name', () => {
  const container = { ports: [{ name: 'health', containerPort: 17472 }] }
  assert.equal(urlOf(PROBE, container, '10.244.1.2'), 'http://10.244.1.2:17472/readyz')
  const other = { httpGet: { host: '127.0.0.1', port: 80, scheme: 'HTTPS' } }
  assert.equal(urlOf(other, container, '10.244.1.2'), 'https://127.0.0.1:80/')
  assert.equal(urlOf(PROBE, container, 'fd00::2'), 'http://[fd00::2]:17472/readyz')
  assert.equal(urlOf({ exec: { command: ['true'] } }, container, '10.244.1.2'), undefined)
  assert.throws(() => urlOf(PROBE, {}, '10.244.1.2'), /port health/)
})
