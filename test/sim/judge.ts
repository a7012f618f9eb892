// What must hold in every run, whatever happened: nobody who answers is accused while the network is
// sound, and once all is quiet everybody sees the same members, exactly those who live, for good.
import { sameEndpoint } from '../../src/membership/event.ts'
import { isMember, type Ring } from '../../src/membership/ring.ts'
import { type Address, parseAddress } from '../../src/net/address.ts'
import { Elections } from '../../src/reconciler/elect.ts'
import { Cluster, type Happening, labelOf, type SimNode, viewOf } from './cluster.ts'
import { type Deed, type Story, tell } from './story.ts'

export interface Verdict {
  /** Empty: all is well. */
  readonly wrong: readonly string[]
  /** How long after the last fault all views were equal and right. */
  readonly settledMs: number
  readonly accusations: number
}

/** The longest suspicion, twice over, and the time after which a name is free again. */
const SETTLE_MAX_MS = 150_000
const STABLE_MS = 8_000
/** Misses look back so far; what was wrong then may be told now. */
const LOOK_BACK_MS = 2_500
/**
 * Less can be no reason to accuse: of three unanswered pings, 200 ms apart, the first may have been sent
 * just before, and that as late as timers are here at most, 45 ms.
 */
const SILENT_MS = 350
const ADDRESSES: readonly Address[] = ['10.9.0.1', '10.9.0.2', '2001:db8::7', '192.0.2.200'].map(
  (text) => parseAddress(text)!,
)

export type Listener = (at: number, who: string, what: Happening | Deed) => void

export function judge(story: Story, listen: Listener = () => {}): Verdict {
  const wrong: string[] = []
  let accusations = 0
  let isSettled = false
  const cluster: Cluster = new Cluster({
    ...{ size: story.size, seed: story.seed, slow: story.slow, lagMs: story.lagMs },
    // Costs as much as all the rest: now and then.
    inBytes: story.seed % 25 === 0,
    onHappening: (by, what) => {
      listen(cluster.clock.now, by.name, what)
      if (isSettled && what.kind !== 'noted' && by.ring)
        wrong.push(`${by.name} sees ${what.node} ${what.kind} when all is quiet`)
      if (what.kind !== 'noted' || what.fact.what !== 'accused') return
      accusations++
      const { node } = what.fact.accusation
      const accused = cluster.nodes.find(({ name }) => name === node)!
      if (isUnfair(cluster, by, accused)) wrong.push(`${by.name} accused ${node}, which answers`)
    },
  })
  tell(cluster, story, (deed) => listen(cluster.clock.now, 'story', deed))
  cluster.clock.runUntil(story.quietAt)
  const settledMs = settle(cluster)
  if (differences(cluster).length > 0) wrong.push(...differences(cluster))
  isSettled = true
  cluster.clock.runUntil(cluster.clock.now + STABLE_MS)
  if (wrong.length === 0) wrong.push(...differences(cluster), ...owners(cluster))
  return { wrong, settledMs, accusations }
}

function isUnfair({ clock, network }: Cluster, by: SimNode, accused: SimNode): boolean {
  const { now } = clock
  const { silent } = accused
  // It lives, but not where it is known to be.
  if (!sameEndpoint(by.ring!.table.get(accused.name)!, accused.at)) return false
  if (!network.isSound() || now - network.soundSince < LOOK_BACK_MS) return false
  const wasSilentMs = Math.min(silent.until, now) - Math.max(silent.from, now - LOOK_BACK_MS)
  return wasSilentMs < SILENT_MS
}

function settle(cluster: Cluster): number {
  const from = cluster.clock.now
  while (cluster.clock.now - from < SETTLE_MAX_MS) {
    cluster.clock.runUntil(cluster.clock.now + 250)
    if (isQuiet(cluster) && differences(cluster).length === 0) break
  }
  return cluster.clock.now - from
}

/** Nobody is in doubt about anybody, and nothing is left to be told. */
const isQuiet = (cluster: Cluster): boolean =>
  cluster.up.every(({ ring }) => ring!.suspected.size === 0 && ring!.broadcasts.size === 0)

function differences(cluster: Cluster): string[] {
  const expected = cluster.up.map(({ name, at }) => labelOf(name, at)).sort()
  return cluster.up
    .map(({ name, ring }) => ({ name, view: viewOf(ring!) }))
    .filter(({ view }) => view.join() !== expected.join())
    .map(({ name, view }) => `${name} misses ${less(expected, view)}, sees ${less(view, expected)}`)
}

const less = (these: readonly string[], those: readonly string[]): string =>
  these.filter((one) => !those.includes(one)).join() || 'none'

/** Each address is answered for by exactly one node, each node judging from its own view. */
function owners(cluster: Cluster): string[] {
  if (cluster.up.length === 0) return []
  const views = cluster.up.map(({ name, ring }) => {
    return { name, members: namesOf(ring!), elections: new Elections() }
  })
  return ADDRESSES.flatMap((address) => {
    const own = views.filter(
      ({ name, members, elections }) => elections.winner(members, address) === name,
    )
    return own.length === 1 ? [] : [`${own.length} nodes own ${address.text}`]
  })
}

const namesOf = (ring: Ring): string[] =>
  [...ring.table.values()].filter(isMember).map(({ name }) => name)
