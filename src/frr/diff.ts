// Two trees → commands in an order in which nothing that should stand is ever missing: what is needed
// comes first, what is no longer needed goes last, and what ends a session comes at the very end.
import { changedLines, contextSteps, removeStep, type Step, stepFor } from './change.ts'
import type { Daemon } from './grammar.ts'
import { declaredNeighbors } from './neighbor.ts'
import { editedMaps, refreshCommands } from './refresh.ts'
import type { Reset } from './resets.ts'
import { diffRouter, ROUTER_PHASES, resetOf, stepsToCreate } from './router-diff.ts'
import type { Context, Tree } from './tree.ts'
import { ownedBy } from './tree.ts'

/** Steps that share their daemon and context. */
export interface Group {
  readonly daemon: Daemon
  readonly path: readonly string[]
  readonly steps: readonly Step[]
}

export interface Difference {
  readonly groups: readonly Group[]
  /** For bgpd, outside of configuration, after all groups: makes policy edits reach the peers. */
  readonly refresh: readonly string[]
  readonly resets: readonly Reset[]
}

const PHASES = ['profiles', 'globals', 'maps', ...ROUTER_PHASES.slice(0, -1), 'cleanup', 'resets']

export function diffTrees(running: Tree, wanted: Tree): Difference {
  const plan = new Plan()
  diffBfd(ownedBy('bfdd', running), ownedBy('bfdd', wanted), plan)
  const [from, to] = [ownedBy('bgpd', running), ownedBy('bgpd', wanted)]
  diffGlobals(from, to, plan)
  diffMaps(from, to, plan)
  diffRouters(from, to, plan)
  plan.add('announce', resends(from, to))
  return {
    groups: plan.groups(),
    refresh: refreshCommands(from, to, plan.resets),
    resets: plan.resets,
  }
}

export const countCommands = ({ groups, refresh }: Difference): number =>
  refresh.length + groups.reduce((sum, group) => sum + group.steps.length, 0)

/** Collects steps by phase. */
class Plan {
  readonly resets: Reset[] = []
  readonly #phases = new Map<string, Step[]>(PHASES.map((phase) => [phase, []]))

  add(phase: string, steps: readonly Step[]): void {
    const list = this.#phases.get(phase)!
    for (const step of steps) list.push(step)
  }

  groups(): Group[] {
    const groups: (Group & { steps: Step[] })[] = []
    for (const step of [...this.#phases.values()].flat()) {
      const last = groups.at(-1)
      if (last && samePath(last.path, step.path)) last.steps.push(step)
      else groups.push({ daemon: daemonOf(step), path: step.path, steps: [step] })
    }
    return groups
  }
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((opener, at) => opener === b[at]))
}

const daemonOf = ({ path }: Step): Daemon => (path[0] === 'bfd' ? 'bfdd' : 'bgpd')

function diffBfd(running: Tree, wanted: Tree, plan: Plan): void {
  const before = running.contexts.get('bfd')?.contexts ?? new Map<string, Context>()
  const after = wanted.contexts.get('bfd')?.contexts ?? new Map<string, Context>()
  for (const [key, one] of after) plan.add('profiles', contextSteps(['bfd'], before.get(key), one))
  for (const [key, one] of before) {
    if (!after.has(key)) plan.add('cleanup', [removeStep(['bfd'], one)])
  }
}

function diffGlobals(running: Tree, wanted: Tree, plan: Plan): void {
  for (const change of changedLines(running, wanted)) {
    // A list may still be named by a map that goes in the same change.
    const phase = change.after === undefined ? 'cleanup' : 'globals'
    plan.add(phase, [stepFor(wanted, [], change)])
  }
}

function diffMaps(running: Tree, wanted: Tree, plan: Plan): void {
  for (const [key, entry] of kindOf(wanted, 'route-map')) {
    plan.add('maps', contextSteps([], running.contexts.get(key), entry))
  }
  for (const [key, entry] of kindOf(running, 'route-map')) {
    if (!wanted.contexts.has(key)) plan.add('cleanup', [removeStep([], entry)])
  }
}

function diffRouters(running: Tree, wanted: Tree, plan: Plan): void {
  for (const [key, router] of kindOf(wanted, 'router')) {
    const before = running.contexts.get(key)
    if (before && before.opener !== router.opener) replaceRouter(before, router, plan)
    else {
      const { steps, resets } = diffRouter(before, router)
      for (const phase of ROUTER_PHASES) plan.add(phase, steps[phase])
      plan.resets.push(...resets)
    }
  }
  // Routers of a VRF first: FRR may keep the default one as long as they lean on it.
  const gone = kindOf(running, 'router').filter(([key]) => !wanted.contexts.has(key))
  gone.sort(([a], [b]) => b.length - a.length)
  plan.add(
    'leave',
    gone.map(([, router]) => removeRouter(router)),
  )
}

/** One VRF has one ASN, so the new router can only come when the old one is gone. */
function replaceRouter(before: Context, after: Context, plan: Plan): void {
  plan.add('resets', [removeRouter(before), ...stepsToCreate(after)])
  for (const name of declaredNeighbors(before)) {
    plan.resets.push(resetOf(before, name, after.opener, 'the router changes its AS number'))
  }
}

const removeRouter = (router: Context): Step => ({
  path: [],
  line: `no ${router.opener}`,
  undo: stepsToCreate(router).map(({ path, line }) => ({ path, line })),
})

/** FRR runs the map of a `network` when the line is said, not when the map changes. */
function resends(running: Tree, wanted: Tree): Step[] {
  const edited = editedMaps(running, wanted)
  if (edited.size === 0) return []
  const steps: Step[] = []
  for (const [key, router] of kindOf(wanted, 'router')) {
    for (const [family, { lines, opener }] of router.contexts) {
      const before = running.contexts.get(key)?.contexts.get(family)
      const path = [router.opener, opener]
      for (const [slot, line] of lines) {
        const map = mapOfNetwork(line)
        if (map === undefined || !edited.has(map) || before?.lines.get(slot) !== line) continue
        steps.push({ path, line, undo: [{ path, line }] })
      }
    }
  }
  return steps
}

function mapOfNetwork(line: string): string | undefined {
  if (!line.startsWith('network ')) return undefined
  const words = line.split(' ')
  return words[2] === 'route-map' ? words[3] : undefined
}

const kindOf = (tree: Tree, kind: Context['kind']): [string, Context][] =>
  [...tree.contexts].filter(([, context]) => context.kind === kind)
