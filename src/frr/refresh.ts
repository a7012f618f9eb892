// Which peers must be told to look again after a policy edit. With `bgp route-map delay-timer 0` FRR
// never does it by itself, and a peer's table would stay stale while the configuration reads right.
import { changedLines } from './change.ts'
import { isPeerGroup } from './neighbor.ts'
import type { Reset } from './resets.ts'
import { listNameAt } from './slot.ts'
import { type Context, equalTrees, type Tree } from './tree.ts'

/** What an edit of a map may change: routes of these tags, or any route. */
type Touched = 'any' | ReadonlySet<string>

/** Names of maps with an entry that appears, changes or goes, or that lean on something that does. */
export function editedMaps(running: Tree, wanted: Tree): ReadonlyMap<string, Touched> {
  const dirty = changedLists(running, wanted)
  const touched = new Map<string, Touched>()
  // Maps call maps: go round until no further one turns out to be touched. Each round adds one or ends.
  for (let known = -1; known !== touched.size; ) {
    known = touched.size
    for (const { name, before, after } of entriesOf(running, wanted)) {
      const same = before && after && equalTrees(before, after)
      if (same && !namesAny(after, dirty)) continue
      touched.set(name, join(touched.get(name), join(tagsOf(before), tagsOf(after))))
    }
    for (const name of touched.keys()) dirty.add(name)
  }
  return touched
}

export function refreshCommands(running: Tree, wanted: Tree, resets: readonly Reset[]): string[] {
  const touched = editedMaps(running, wanted)
  if (touched.size === 0) return []
  const commands: string[] = []
  for (const [key, router] of wanted.contexts) {
    const before = running.contexts.get(key)
    if (router.kind !== 'router' || before?.opener !== router.opener) continue
    for (const family of standingFamilies(before, router, wanted)) {
      for (const { name, direction, map } of standingBindings(family)) {
        if (!concerns(touched.get(map), direction, family)) continue
        if (resets.some((reset) => reset.neighbor === name && isOf(reset, router))) continue
        commands.push(clearCommand(router, family.after, name, direction))
      }
    }
  }
  return commands
}

interface Entry {
  readonly name: string
  readonly before: Context | undefined
  readonly after: Context | undefined
}

function entriesOf(running: Tree, wanted: Tree): Entry[] {
  const keys = new Set([...running.contexts.keys(), ...wanted.contexts.keys()])
  return [...keys]
    .filter((key) => key.startsWith('route-map '))
    .map((key) => ({
      name: key.split(' ')[1]!,
      before: running.contexts.get(key),
      after: wanted.contexts.get(key),
    }))
}

function changedLists(running: Tree, wanted: Tree): Set<string> {
  const names = new Set<string>()
  for (const { slot } of changedLines(running, wanted)) {
    const words = slot.split(' ')
    const at = listNameAt(words)
    if (at !== undefined) names.add(words[at]!)
  }
  return names
}

function namesAny(entry: Context, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false
  return [...entry.lines.values()].some(
    (line) =>
      /^(match|call|set comm-list) /.test(line) && line.split(' ').some((w) => names.has(w)),
  )
}

/** An entry that is not there touches nothing; one that matches no tag may touch any route. */
function tagsOf(entry: Context | undefined): Touched {
  if (!entry) return new Set()
  const tag = entry.lines.get('match tag')
  return tag === undefined ? 'any' : new Set([tag.split(' ')[2]!])
}

function join(a: Touched | undefined, b: Touched): Touched {
  if (a === 'any' || b === 'any') return 'any'
  return a ? a.union(b) : b
}

interface Family {
  readonly before: Context
  readonly after: Context
  readonly router: Context
  /** Tags of the networks whose line is not said again, so whose routes nobody looks at. */
  readonly standingTags: () => ReadonlySet<string>
}

function standingFamilies(before: Context, router: Context, wanted: Tree): Family[] {
  return [...router.contexts].flatMap(([key, after]) => {
    const was = before.contexts.get(key)
    if (!was) return []
    let tags: ReadonlySet<string> | undefined
    const standingTags = () => (tags ??= tagsOfNetworks(was, after, wanted))
    return [{ before: was, after, router, standingTags }]
  })
}

function tagsOfNetworks(before: Context, after: Context, wanted: Tree): ReadonlySet<string> {
  const tags = tagsByMap(wanted)
  const found = new Set<string>()
  for (const [slot, line] of after.lines) {
    if (!slot.startsWith('network ') || before.lines.get(slot) !== line) continue
    for (const tag of tags.get(line.split(' ')[3] ?? '') ?? []) found.add(tag)
  }
  return found
}

function tagsByMap(tree: Tree): Map<string, Set<string>> {
  const byMap = new Map<string, Set<string>>()
  for (const [key, entry] of tree.contexts) {
    const tag = entry.kind === 'route-map' && entry.lines.get('set tag')
    if (!tag) continue
    const name = key.split(' ')[1]!
    byMap.set(name, (byMap.get(name) ?? new Set()).add(tag.split(' ')[2]!))
  }
  return byMap
}

interface Binding {
  readonly name: string
  readonly direction: 'in' | 'out'
  readonly map: string
}

/** Only a map that stays bound needs help: FRR looks again by itself when the binding changes. */
function* standingBindings({ before, after, router }: Family): Generator<Binding> {
  for (const [slot, line] of after.lines) {
    const match = /^neighbor (\S+) route-map (in|out)$/.exec(slot)
    if (!match || before.lines.get(slot) !== line) continue
    const [, name = '', direction] = match
    const active = `neighbor ${name} activate`
    const isActive = before.lines.has(active) && after.lines.has(active)
    if (!isActive && !isPeerGroup(router, name)) continue
    yield { name, direction: direction as 'in' | 'out', map: line.split(' ')[3]! }
  }
}

function concerns(touched: Touched | undefined, direction: 'in' | 'out', family: Family): boolean {
  if (touched === undefined) return false
  if (touched === 'any' || direction === 'in') return true
  return !touched.isDisjointFrom(family.standingTags())
}

const isOf = (reset: Reset, router: Context): boolean =>
  (reset.vrf === undefined ? 'router bgp' : ` vrf ${reset.vrf}`) ===
  (/ vrf \S+$/.exec(router.opener)?.[0] ?? 'router bgp')

function clearCommand(
  router: Context,
  family: Context,
  name: string,
  direction: 'in' | 'out',
): string {
  const scope = /( (?:vrf|view) \S+)$/.exec(router.opener)?.[1] ?? ''
  const [, afi, safi] = family.opener.split(' ')
  const peer = isPeerGroup(router, name) ? `peer-group ${name}` : name
  return `clear bgp${scope} ${afi} ${safi} ${peer} soft ${direction}`
}
