// Objects that exclude each other: who is served, who is blamed. The one that served before goes
// first, so a mistake never takes the place of something that works.

import { OWN_KINDS, type OwnKind } from './objects.ts'
import { compareText, keyOf, type ObjectRef, type Problem } from './problem.ts'

/** An object with its references resolved. A value may come with problems (a part was kept). */
export interface Resolved<Value> {
  readonly value?: Value
  readonly problems: readonly Problem[]
}

/**
 * 0: serves as it is · 1: was edited since it was accepted · 2: never accepted.
 */
export type Rank = 0 | 1 | 2

/** One value an object may be served with: what the user wrote now, or what was accepted last. */
export interface Option {
  readonly isCurrent: boolean
  /** Against all that is served so far. */
  wrong(): readonly Problem[]
  accept(): void
}

export interface Contender {
  readonly ref: ObjectRef
  readonly rank: Rank
  /** Empty when unknown: the youngest. */
  readonly created: string
  /** What was wrong with it by itself. */
  readonly problems: readonly Problem[]
  /** In order of preference; may be empty. */
  readonly options: readonly Option[]
}

export interface Settlement {
  readonly problems: readonly Problem[]
  /** Edited objects that lost the place they had, with all that was said against the edit. */
  readonly ousted: ReadonlyMap<string, readonly Problem[]>
}

export function settle(contenders: readonly Contender[]): Settlement {
  const problems: Problem[] = []
  const ousted = new Map<string, readonly Problem[]>()
  for (const contender of [...contenders].sort(bySeniority)) {
    const { accepted, wrong } = admit(contender)
    const all = [...contender.problems, ...wrong]
    problems.push(...all)
    if (!accepted && contender.rank === 1) ousted.set(keyOf(contender.ref), all)
  }
  return { problems, ousted }
}

/** The first option that fits is taken. Only what the user wrote now is worth a problem. */
function admit({ options }: Contender): { accepted: boolean; wrong: readonly Problem[] } {
  let wrongNow: readonly Problem[] = []
  for (const option of options) {
    const wrong = option.wrong()
    if (option.isCurrent) wrongNow = wrong
    if (wrong.length > 0) continue
    option.accept()
    return { accepted: true, wrong: wrongNow }
  }
  return { accepted: false, wrong: wrongNow }
}

function bySeniority(a: Contender, b: Contender): number {
  return (
    a.rank - b.rank ||
    compareText(a.created || '~', b.created || '~') ||
    OWN_KINDS.indexOf(a.ref.kind as OwnKind) - OWN_KINDS.indexOf(b.ref.kind as OwnKind) ||
    compareText(a.ref.name, b.ref.name)
  )
}
