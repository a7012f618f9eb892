import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  LAN_TIMING,
  pushPullPeriodMs,
  suspicionBounds,
  suspicionMs,
  transmitsMax,
  WAN_TIMING,
} from './timing.ts'

// All numbers as memberlist v0.5.1 computes them.
for (const [n, max] of [
  ...([
    [1, 4],
    [9, 4],
    [10, 8],
    [99, 8],
    [100, 12],
    [999, 12],
    [1_000, 16],
  ] as const),
] as const)
  test(`news is told ${max} times among ${n}`, () => assert.equal(transmitsMax(LAN_TIMING, n), max))

for (const [n, seconds] of [
  ...([
    [1, 30],
    [32, 30],
    [33, 60],
    [64, 60],
    [65, 90],
    [128, 90],
    [129, 120],
    [500, 150],
  ] as const),
] as const)
  test(`tables are exchanged every ${seconds} s among ${n}`, () =>
    assert.equal(pushPullPeriodMs(LAN_TIMING, n), seconds * 1_000))

for (const [n, minMs, maxMs, wanted] of [
  [1, 4_000, 24_000, 0],
  [3, 4_000, 24_000, 0],
  [4, 4_000, 24_000, 2],
  [10, 4_000, 24_000, 2],
  [11, 4_164, 24_984, 2],
  [20, 5_204, 31_224, 2],
  [50, 6_792, 40_752, 2],
  [100, 8_000, 48_000, 2],
  [1_000, 12_000, 72_000, 2],
] as const)
  test(`a suspicion among ${n} runs from ${minMs} to ${maxMs} ms`, () =>
    assert.deepEqual(suspicionBounds(LAN_TIMING, n), { minMs, maxMs, wanted }))

test('a WAN suspects more slowly and wants more confirmations', () =>
  assert.deepEqual(suspicionBounds(WAN_TIMING, 10), { minMs: 30_000, maxMs: 180_000, wanted: 4 }))

for (const [wanted, confirmed, ms] of [
  [2, 0, 24_000],
  [2, 1, 11_381],
  [2, 2, 4_000],
  [0, 0, 4_000],
] as const)
  test(`${confirmed} of ${wanted} confirmations: ${ms} ms`, () =>
    assert.equal(suspicionMs({ wanted, minMs: 4_000, maxMs: 24_000 }, confirmed), ms))
