// Whoever is itself the trouble accuses nobody: cut off from all, or stopped for a while.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calmCluster } from './calm.ts'
import type { Cluster, SimNode } from './cluster.ts'

const SEEDS = process.env.SIM === 'all' ? 200 : 20

function accusersIn(seed: number, size: number, harm: (ring: Cluster, node: SimNode) => void) {
  const accusers: string[] = []
  const cluster = calmCluster({
    ...{ seed, size, lagMs: 20 },
    onHappening: (by, what) => {
      if (what.kind === 'noted' && what.fact.what === 'accused') accusers.push(by.name)
    },
  })
  const culprit = cluster.random.oneOf(cluster.nodes)
  harm(cluster, culprit)
  cluster.clock.runUntil(cluster.clock.now + 3_000)
  return { accusers, culprit: culprit.name }
}

test('a node that is cut off accuses nobody, and the others do accuse it', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { accusers, culprit } = accusersIn(seed, 3 + (seed % 8), ({ network, clock }, node) => {
      network.cut(new Set([node.index]))
      clock.runUntil(clock.now + 2_000)
      network.cut(new Set())
    })
    assert.ok(!accusers.includes(culprit), `seed ${seed}: ${culprit} accused`)
    assert.ok(accusers.length > 0, `seed ${seed}: nobody accused ${culprit}`)
  }
})

test('a process that was stopped accuses nobody', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { accusers, culprit } = accusersIn(seed, 2 + (seed % 8), (cluster, node) => {
      cluster.stop(node)
      cluster.clock.runUntil(cluster.clock.now + cluster.random.between(100, 6_000))
      cluster.resume(node)
    })
    assert.ok(!accusers.includes(culprit), `seed ${seed}: ${culprit} accused`)
  }
})
