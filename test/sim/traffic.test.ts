// What a member sends while nothing happens: no more in a large ring than in a middling one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calmCluster } from './calm.ts'

const SECONDS = 5
/** Six watched and six watching, five pings a second each, and the protocol's own. */
const PACKETS_MAX = 2 * 6 * 5 + 10

function packetsPerSecond(size: number): number {
  const cluster = calmCluster({ size, seed: 1 })
  const before = cluster.nodes.map(({ packets }) => packets)
  cluster.clock.runUntil(cluster.clock.now + SECONDS * 1_000)
  return Math.max(...cluster.nodes.map(({ packets }, at) => (packets - before[at]!) / SECONDS))
}

for (const size of process.env.SIM === 'all' ? [2, 5, 10, 50, 100, 200] : [5, 50])
  test(`a member of ${size} sends at most ${PACKETS_MAX} packets a second`, () => {
    const found = packetsPerSecond(size)
    assert.ok(found > 0 && found <= PACKETS_MAX, `${found} packets`)
  })
