import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StandingConflicts } from './standing-conflicts.ts'

const conflict = (address: string, mac: string, at = 1) => ({
  ...{ address, interface: 'eth0', mac, at },
})
const A = conflict('10.0.0.1', '02:00:00:00:00:01')
const B = conflict('10.0.0.1', '02:00:00:00:00:02')
const C = conflict('10.0.0.2', '02:00:00:00:00:01')

test('told again it stands once, with the later time', () => {
  const standing = new StandingConflicts()
  for (const one of [A, B, { ...A, at: 2 }]) standing.put(one)
  assert.deepEqual(standing.list(), [B, { ...A, at: 2 }])
})

test('over for one machine, or for an address that is not ours any longer', () => {
  const standing = new StandingConflicts()
  for (const one of [A, B, C]) standing.put(one)
  standing.end(A)
  assert.deepEqual(standing.list(), [B, C])
  standing.endAddress('10.0.0.1')
  assert.deepEqual(standing.list(), [C])
})

test('of an endless number the latest stand', () => {
  const standing = new StandingConflicts()
  for (let i = 0; i < 1000; i++) standing.put(conflict(`10.0.${i >> 8}.${i & 255}`, A.mac))
  assert.equal(standing.list().length, 256)
  assert.equal(standing.list().at(-1)?.address, '10.0.3.231')
})
