// Whoever was taken for dead and lives hears of it, for others may have taken over what is its own: also
// when it refuted a suspicion before it could hear that it had been believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster, type SimNode } from './cluster.ts'
import { type Story, storyOf, tell } from './story.ts'

const SEEDS = process.env.SIM === 'all' ? 1_500 : 150
/** Whoever is dead for longer is forgotten, and then nobody knows that it was. */
const REMEMBERED_MS = 29_000
const SETTLE_MS = 20_000
/** What is said to one that is back is said once by each, and one packet may be lost. */
const LOST_MAX = 0.001

interface Burial {
  readonly by: SimNode
  readonly victim: SimNode
  readonly incarnation: number
  readonly at: number
}

/** Those that were taken back while they were remembered. */
function burialsIn({ seed, size, slow, lagMs, deeds, quietAt, conditions }: Story): Burial[] {
  const standing = new Map<string, Burial>()
  const over: Burial[] = []
  const cluster: Cluster = new Cluster({
    ...{ seed, size, slow, lagMs },
    onHappening: (by, what) => {
      if (what.kind !== 'left' && what.kind !== 'joined') return
      const victim = cluster.nodes.find(({ name }) => name === what.node)!
      if (by === victim || !by.ring || !victim.ring) return
      const { now: at } = cluster.clock
      const key = `${by.name} ${victim.name}`
      const burial = standing.get(key)
      standing.delete(key)
      if (what.kind === 'left') {
        const { incarnation } = by.ring.table.get(victim.name)!
        standing.set(key, { by, victim, incarnation, at })
      } else if (burial && at - burial.at < REMEMBERED_MS) over.push(burial)
    },
  })
  // Nobody ends: all who are buried live.
  const lively = deeds.filter(({ what }) => !['crash', 'leave', 'move'].includes(what))
  tell(cluster, { seed, size, slow, lagMs, quietAt, conditions, deeds: lively })
  cluster.clock.runUntil(quietAt + SETTLE_MS)
  return over
}

test('a node that others buried, and that lives, hears of it when it is back', () => {
  const missed: string[] = []
  let burials = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const all = burialsIn(storyOf(seed))
    burials += all.length
    for (const { by, victim, incarnation } of all) {
      if (victim.ring!.calledDead >= incarnation) continue
      missed.push(`seed ${seed}: ${victim.name} does not know that ${by.name} buried it`)
    }
  }
  assert.ok(burials > SEEDS, `only ${burials} burials`)
  assert.ok(missed.length <= burials * LOST_MAX, `of ${burials}:\n${missed.join('\n')}`)
})
