// Lines FRR accepts but shows otherwise, beyond those canonical.ts knows: in text that users append
// anything may stand. What was seen once is remembered, so that it is not sent again in every pass.
// Pure, because it is set arithmetic on trees.
import { type Context, equalTrees, type Tree } from './tree.ts'

/** A configuration FRR accepted, and what it showed for it. */
export interface Seen {
  readonly wanted: Tree
  readonly running: Tree
}

/** Nothing to remember when FRR shows what it was told. */
export const seenAs = (wanted: Tree, running: Tree): Seen | undefined =>
  equalTrees(wanted, running) ? undefined : { wanted, running }

/** Forgotten when something FRR showed in place of ours is gone: then ours may be gone as well. */
export function stillSeen(seen: Seen | undefined, running: Tree): Seen | undefined {
  return seen && isEmpty(minus(minus(seen.running, seen.wanted), running)) ? seen : undefined
}

/** What runs, in the words of what was wanted: whatever is as it was then means what it meant then. */
export function asWanted(running: Tree, seen: Seen | undefined): Tree {
  return seen ? reread(running, seen.running, seen.wanted) : running
}

function reread(now: Context, then: Context, meant: Context): Context {
  const lines = new Map(now.lines)
  for (const slot of new Set([...then.lines.keys(), ...meant.lines.keys()])) {
    if (now.lines.get(slot) === then.lines.get(slot)) put(lines, slot, meant.lines.get(slot))
  }
  const contexts = new Map(now.contexts)
  for (const key of new Set([...then.contexts.keys(), ...meant.contexts.keys()])) {
    const all = [now, then, meant].map((context) => context.contexts.get(key))
    put(contexts, key, rereadContext(all[0], all[1], all[2]))
  }
  return { ...now, lines, contexts }
}

function rereadContext(
  now: Context | undefined,
  then: Context | undefined,
  meant: Context | undefined,
): Context | undefined {
  if (!now || !then) return now === then ? meant : now
  if (!meant) return equalTrees(now, then) ? undefined : now
  const opener = now.opener === then.opener ? meant.opener : now.opener
  return { ...reread(now, then, meant), opener }
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}

export const isEmpty = (tree: Context): boolean => tree.lines.size === 0 && tree.contexts.size === 0

/** What stands in `a` and not, or not so, in `b`. */
export function minus(a: Context, b: Context): Context {
  const lines = [...a.lines].filter(([slot, line]) => b.lines.get(slot) !== line)
  const contexts = [...a.contexts].flatMap(([key, one]): [string, Context][] => {
    const other = b.contexts.get(key)
    if (!other || other.opener !== one.opener) return [[key, one]]
    const rest = minus(one, other)
    return isEmpty(rest) ? [] : [[key, rest]]
  })
  return { ...a, lines: new Map(lines), contexts: new Map(contexts) }
}

/** Both; where they disagree, what `b` says. */
export function union(a: Context, b: Context): Context {
  const contexts = new Map(a.contexts)
  for (const [key, one] of b.contexts) {
    const other = contexts.get(key)
    contexts.set(key, other ? union(other, one) : one)
  }
  return { ...b, lines: new Map([...a.lines, ...b.lines]), contexts }
}
