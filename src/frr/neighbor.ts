// The neighbours of one `router bgp` as the lines that are about them: who is declared, in which order
// FRR accepts the lines, and how to write one anew. Separate, because order is FRR's, not ours.
import type { Placed } from './change.ts'
import type { Context } from './tree.ts'

/** The neighbour (or peer group) a line or slot is about. */
export function neighborOf(slot: string): string | undefined {
  if (!slot.startsWith('neighbor ')) return undefined
  const end = slot.indexOf(' ', 9)
  return end < 0 ? slot.slice(9) : slot.slice(9, end)
}

const DECLARING: ReadonlySet<string> = new Set(['remote-as', 'interface', 'peer-group'])

/** Without one of these lines FRR knows no such neighbour; without them it forgets all others. */
export function declaredNeighbors(router: Context | undefined): Set<string> {
  const names = new Set<string>()
  for (const slot of router?.lines.keys() ?? []) {
    const name = neighborOf(slot)
    if (name !== undefined && DECLARING.has(slot.split(' ')[2]!)) names.add(name)
  }
  return names
}

/** True for `neighbor NAME peer-group`, which declares a group instead of joining one. */
export const isPeerGroup = (router: Context, name: string): boolean =>
  router.lines.get(`neighbor ${name} peer-group`) === `neighbor ${name} peer-group`

/** FRR accepts a neighbour's lines in this order: groups, who it is, membership, the rest. */
export function rankOf(router: Context, slot: string): number {
  const name = neighborOf(slot)
  if (name === undefined) return slot.startsWith('bgp listen') ? 6 : 0
  const group = isPeerGroup(router, name)
  const key = slot.split(' ')[2]
  if (key === 'peer-group') return group ? 0 : 3
  if (key === 'remote-as' || key === 'interface') return group ? 1 : 2
  if (slot.endsWith(' timers connect')) return 7
  return slot.endsWith(' bfd profile') ? 5 : 4
}

/** Every line of a neighbour, in the order in which it comes back to life. */
export function linesOfNeighbor(router: Context, name: string): Placed[] {
  const about = ([slot]: readonly [string, string]): boolean => neighborOf(slot) === name
  const own = [...router.lines].filter(about).sort(byRank(router))
  const isLate = ([slot]: readonly [string, string]): boolean => rankOf(router, slot) === 7
  const at = (path: readonly string[]) => (entry: readonly [string, string]) => ({
    path,
    line: entry[1],
  })
  const path = [router.opener]
  const families = [...router.contexts.values()].flatMap((family) =>
    [...family.lines]
      .filter(about)
      .sort(([a], [b]) => Number(isActivation(a)) - Number(isActivation(b)))
      .map(at([router.opener, family.opener])),
  )
  return [
    ...own.filter((entry) => !isLate(entry)).map(at(path)),
    ...families,
    // Last: it starts the session, which must know its address families by then.
    ...own.filter(isLate).map(at(path)),
  ]
}

export const isActivation = (slot: string): boolean =>
  slot.startsWith('neighbor ') && slot.endsWith(' activate')

const byRank =
  (router: Context) =>
  ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
    rankOf(router, a) - rankOf(router, b)
