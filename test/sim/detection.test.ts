// How fast a ring learns that one of it is gone: with the fast detector, and as memberlist does it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calmCluster, detectionMs } from './calm.ts'

const SEEDS = process.env.SIM === 'all' ? 60 : 8

function worst(size: number, slow: number): { least: number; most: number } {
  const times = Array.from({ length: SEEDS }, (_, at) => {
    const cluster = calmCluster({ size, seed: at + 1, slow, lagMs: 5 })
    const { first, last } = detectionMs(cluster, cluster.random.oneOf(cluster.nodes))
    return [first, last] as const
  })
  return {
    least: Math.min(...times.map(([first]) => first)),
    most: Math.max(...times.map(([, last]) => last)),
  }
}

for (const size of [2, 3, 4, 5, 6, 8, 12, 20])
  test(`a ring of ${size} misses a node within a second`, () => {
    const { least, most } = worst(size, 0)
    // Sooner would be less than three misses and an inquiry; what it sent last is 200 ms old at most.
    assert.ok(least >= 550 && most <= 1_000, `${least} to ${most} ms`)
  })

for (const size of [2, 3, 4, 5, 10])
  test(`a ring of ${size} without fast detectors takes as long as memberlist's`, () => {
    const { least, most } = worst(size, 1)
    // With Go nodes 5.0 to 7.3 s in a few dozen trials: a second to probe, four of suspicion, and a
    // little more where the others come to probe it late.
    assert.ok(least >= 4_900 && most <= 12_000, `${least} to ${most} ms`)
  })
