// Whom the fast detector watches, and what it has seen of each. Not everybody watches everybody: with
// two hundred nodes that would be forty thousand pings each fifth of a second.
//
// Names are spread over a circle by a hash, and each member watches the next few on it. So each is
// watched by as many, in a ring of any size, and everybody agrees who watches whom. The hash keeps
// neighbours apart that are named, and so probably placed, side by side: one rack takes its own watchers
// down with it, not those of its nodes only.
import type { Entry, Ring } from './ring.ts'
import { isMember } from './ring.ts'

/** Enough that some watcher lives and agrees, few enough for one or two packets in ten milliseconds. */
export const WATCHED_MAX = 6

export interface Watch {
  readonly name: string
  /** Our latest pings, oldest first; a late answer is a sign of life as well. */
  readonly asked: number[]
  /** No sign of life since the last look. */
  isOpen: boolean
  /** Looks in a row without one. */
  misses: number
  /** It has answered at all: a node that was never reached cannot be lost. */
  isKnown: boolean
  /** Others reach it, we do not: left to the slow way until it answers us again. */
  isExcused: boolean
  /** When it last pinged us. */
  calledAt: number
  /** Others are being asked. */
  inquiry?: { readonly seqNo: number; readonly until: number }
}

export interface Detector {
  at: number
  /** The members changed since `watched` was chosen. */
  isStale: boolean
  watched: Watch[]
  /** When we accused, as far as it still says something about ourselves. */
  accusedAt: number[]
}

export const openDetector = (): Detector => ({
  ...{ at: Number.POSITIVE_INFINITY, isStale: true, watched: [], accusedAt: [] },
})

/** Keeps what is known of those who stay. */
export function chooseWatched(ring: Ring, detector: Detector): void {
  detector.isStale = false
  const known = new Map(detector.watched.map((watch) => [watch.name, watch]))
  detector.watched = successors(ring).map((name) => known.get(name) ?? openWatch(name))
}

const openWatch = (name: string): Watch => ({
  ...{ name, asked: [], isOpen: false, misses: 0, isKnown: false, isExcused: false },
  calledAt: Number.NEGATIVE_INFINITY,
})

/** The next members on the circle. One pass and no sort: it is run at every change of a large ring. */
function successors({ name, table }: Ring): string[] {
  const own = placeOf(name)
  const nearest: { name: string; distance: number }[] = []
  for (const entry of table.values()) {
    if (entry.name === name || !isMember(entry)) continue
    const one = { name: entry.name, distance: distanceFrom(own, entry) }
    let at = nearest.length
    while (at > 0 && isNearer(one, nearest[at - 1]!)) at--
    nearest.splice(at, 0, one)
    if (nearest.length > WATCHED_MAX) nearest.pop()
  }
  return nearest.map((one) => one.name)
}

const distanceFrom = (own: number, { name }: Entry): number => (placeOf(name) - own) >>> 0

interface Placed {
  readonly name: string
  readonly distance: number
}

const isNearer = (a: Placed, b: Placed): boolean =>
  a.distance < b.distance || (a.distance === b.distance && a.name < b.name)

/** FNV-1a, then mixed: names that differ in their last digit only would stay neighbours. */
export function placeOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
