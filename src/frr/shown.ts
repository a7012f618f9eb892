// Lines FRR accepts but shows otherwise, beyond those canonical.ts knows: in text that users append
// anything may stand. What was seen once is remembered, so that it is not sent again in every pass.
// Pure, because it is set arithmetic on trees.
import { type Context, EMPTY, type Tree } from './tree.ts'

export interface Quirks {
  /** Wanted and accepted, but not shown. */
  readonly hidden: Tree
  /** Shown in their place. */
  readonly extra: Tree
}

export const NO_QUIRKS: Quirks = { hidden: EMPTY, extra: EMPTY }

export const quirksOf = (wanted: Tree, running: Tree): Quirks => ({
  hidden: minus(wanted, running),
  extra: minus(running, wanted),
})

/** Forgets quirks whose visible half is gone: the daemon restarted, or somebody took it away. */
export function stillSeen(quirks: Quirks, running: Tree): Quirks {
  return isEmpty(minus(quirks.extra, running)) ? quirks : NO_QUIRKS
}

/** What runs, in the words of what was wanted. */
export function asWanted(running: Tree, { hidden, extra }: Quirks): Tree {
  return isEmpty(hidden) && isEmpty(extra) ? running : union(minus(running, extra), hidden)
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
