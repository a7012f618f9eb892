// Groups of lines → the daemons, each in its context, until one is refused. Separate from apply.ts,
// because how to walk FRR's nodes safely is one question and what to do with the outcome another.
import type { Placed, Step } from './change.ts'
import type { Difference } from './diff.ts'
import type { Daemon } from './grammar.ts'
import { withoutPassword } from './router-diff.ts'
import { type Judge, type Reply, STATUS, type Vty } from './vty.ts'

export type Vtys = ReadonlyMap<Daemon, Vty>

export interface Failure {
  readonly daemon: Daemon
  readonly step: Placed
  readonly reply: Reply
}

export interface Sent {
  /** Steps FRR took, in order. Of lines under way together some may come after the refused one. */
  readonly done: readonly Step[]
  readonly failure?: Failure
  /** What FRR said without refusing: it explains itself in the text of a success. */
  readonly remarks: readonly string[]
}

/** Sends all groups; stops at the first line that is refused. */
export async function sendGroups(vtys: Vtys, groups: Difference['groups']): Promise<Sent> {
  const done: Step[] = []
  const remarks: string[] = []
  let failure: Failure | undefined
  const walk = new Walk(vtys)
  for (const { daemon, path, steps } of groups) {
    const { refusedEntry, replies } = await walk.group(daemon, path, steps)
    if (refusedEntry) failure = { daemon, step: { path, line: '' }, reply: refusedEntry }
    for (const [at, reply] of replies.entries()) {
      const step = steps[at]!
      if (takes(reply, step.line)) done.push(step)
      else failure ??= { daemon, step, reply }
      if (reply.text !== '') remarks.push(`${withoutPassword(step.line)}: ${reply.text.trim()}`)
    }
    if (failure) break
  }
  await walk.end()
  return { done, remarks, ...(failure ? { failure } : {}) }
}

/** Where and why, for people. */
export const describeFailure = (failure: Failure): string => {
  const { daemon, step } = failure
  return `${daemon}: ${[...step.path, withoutPassword(step.line)].join(' > ')}: ${wordsOf(failure)}`
}

/** FRR's own words. It likes to repeat the line it did not understand, password and all. */
export const wordsOf = ({ step, reply }: Failure): string =>
  (step.line === ''
    ? reply.text
    : reply.text.replaceAll(step.line, withoutPassword(step.line))
  ).trim()

/** Sends every line, refused or not: for taking back, where the read-back is the judge. */
export async function sendAnyway(vtys: Vtys, lines: readonly Placed[]): Promise<void> {
  const walk = new Walk(vtys)
  for (const { path, line } of lines) {
    const daemon = path[0] === 'bfd' ? 'bfdd' : 'bgpd'
    await walk.group(daemon, path, [{ path, line }])
  }
  await walk.end()
}

/**
 * FRR 8.4 answers 13 when something is already as it should be: a network that is not there cannot
 * be taken back, and graceful restart is not switched twice. The read-back finds out if it lied.
 */
const takes: Judge = ({ status }, line) =>
  status === STATUS.success ||
  (status === STATUS.refused && /^no network |^(no )?neighbor \S+ graceful-restart/.test(line))

interface GroupOutcome {
  /** The answer of an opener that was refused; then no line of the group was meant for FRR. */
  readonly refusedEntry?: Reply
  readonly replies: readonly Reply[]
}

/** Where each daemon's connection stands. Every group starts from the configuration's top. */
class Walk {
  readonly #vtys: Vtys
  readonly #depth = new Map<Daemon, number>()

  constructor(vtys: Vtys) {
    this.#vtys = vtys
  }

  async group(
    daemon: Daemon,
    path: readonly string[],
    steps: readonly Placed[],
  ): Promise<GroupOutcome> {
    const vty = this.#vtys.get(daemon)
    if (!vty) throw new Error(`there is no connection to ${daemon}`)
    const approach = [...this.#toTop(daemon), ...path]
    // An empty line means: entering was the act. FRR takes `!` for nothing.
    const lines = steps.map(({ line }) => line || '!')
    this.#depth.set(daemon, path.length)
    if (isClause(path)) return outcomeOf(approach.length, await this.#atOnce(vty, approach, lines))
    const entry = await vty.pipeline(approach, takes)
    const refusedEntry = entry.find((reply) => reply.status !== STATUS.success)
    if (refusedEntry) return { refusedEntry, replies: [] }
    return { replies: await vty.pipeline(lines, takes) }
  }

  /** Back to where `show` works. `exit` one level too far would close the connection. */
  async end(): Promise<void> {
    for (const daemon of this.#depth.keys()) {
      const vty = this.#vtys.get(daemon)!
      if (vty.isOpen) await vty.request('end')
    }
    this.#depth.clear()
  }

  #toTop(daemon: Daemon): string[] {
    const depth = this.#depth.get(daemon)
    return depth === undefined ? ['configure terminal'] : new Array<string>(depth).fill('exit')
  }

  /**
   * A clause without its match would match everything, if only for the time of an answer, so opener
   * and lines go in one write. That is safe only here: at the top FRR knows none of a clause's words,
   * so after a refused opener they are refused as well instead of landing in another context.
   */
  #atOnce(vty: Vty, approach: readonly string[], lines: readonly string[]): Promise<Reply[]> {
    return vty.pipeline([...approach, ...lines], takes)
  }
}

const isClause = (path: readonly string[]): boolean =>
  path.length === 1 && path[0]!.startsWith('route-map ')

function outcomeOf(entryLength: number, replies: readonly Reply[]): GroupOutcome {
  const refusedEntry = replies
    .slice(0, entryLength)
    .find((reply) => reply.status !== STATUS.success)
  if (refusedEntry) return { refusedEntry, replies: [] }
  return { replies: replies.slice(entryLength) }
}
