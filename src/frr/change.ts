// What the difference of two contexts is made of: lines that appear, change or go, and the commands
// that do and undo it. Separate, so that diff.ts is about order alone.
import { removalOf } from './slot.ts'
import type { Context } from './tree.ts'

/** A line and the openers that lead to it. An empty line means: entering the context is the act. */
export interface Placed {
  readonly path: readonly string[]
  readonly line: string
}

export interface Step extends Placed {
  /** What takes the step back, in the order to send it. */
  readonly undo: readonly Placed[]
}

/** One slot that is not as it should be. */
export interface Change {
  readonly slot: string
  readonly before?: string
  readonly after?: string
}

/** In the order of `wanted`, then what goes, in the order of `running`. */
export function changedLines(running: Context | undefined, wanted: Context): Change[] {
  const changes: Change[] = []
  for (const [slot, after] of wanted.lines) {
    const before = running?.lines.get(slot)
    if (before === undefined) changes.push({ slot, after })
    else if (before !== after) changes.push({ slot, before, after })
  }
  for (const [slot, before] of running?.lines ?? []) {
    if (!wanted.lines.has(slot)) changes.push({ slot, before })
  }
  return changes
}

/** The one command for a change: what comes overwrites what was, what goes is taken back. */
export function stepFor(context: Context, path: readonly string[], change: Change): Step {
  const { before, after } = change
  const line = after ?? removalOf(context.kind, before!)
  const back = before ?? removalOf(context.kind, after!)
  return { path, line, undo: [{ path, line: back }] }
}

/** Entering a context that is not there creates it; its lines follow as steps of their own. */
export function createStep(path: readonly string[], opener: string): Step {
  return { path: [...path, opener], line: '', undo: [{ path, line: `no ${opener}` }] }
}

/** Entering a context by another opener changes its action and keeps its lines. */
export function reopenStep(path: readonly string[], before: string, after: string): Step {
  return { path: [...path, after], line: '', undo: [{ path: [...path, before], line: '' }] }
}

export function removeStep(path: readonly string[], context: Context): Step {
  return { path, line: `no ${context.opener}`, undo: written(path, context) }
}

/** A whole clause or profile as it stands. */
function written(path: readonly string[], context: Context): Placed[] {
  const inside = [...path, context.opener]
  return ['', ...context.lines.values()].map((line) => ({ path: inside, line }))
}

/** Creates or changes a clause or profile; the steps stay together, so that it is never half done. */
export function contextSteps(
  path: readonly string[],
  running: Context | undefined,
  wanted: Context,
): Step[] {
  const steps = changedLines(running, wanted).map((change) =>
    stepFor(wanted, [...path, wanted.opener], change),
  )
  if (!running) return [createStep(path, wanted.opener), ...steps]
  if (running.opener === wanted.opener) return steps
  return [reopenStep(path, running.opener, wanted.opener), ...steps]
}
