// The connections to all daemons as one thing to ask. A daemon that cannot be reached is part of the
// answer: whether that matters depends on what is wanted of it.
import { DAEMONS, type Daemon } from './grammar.ts'
import { Link, type Running } from './link.ts'
import type { Vtys } from './send.ts'
import { mergeOwned, type Tree } from './tree.ts'

export interface Snapshot {
  readonly vtys: Vtys
  readonly missing: ReadonlyMap<Daemon, Error>
  /** What the reachable daemons run. */
  readonly tree: Tree
  readonly bytes: number
}

export class Links implements AsyncDisposable {
  readonly #links: ReadonlyMap<Daemon, Link>

  constructor(runDir: string, onLost: () => void) {
    this.#links = new Map(
      DAEMONS.map((daemon) => [daemon, new Link({ runDir, daemon, onLost })] as const),
    )
  }

  /** The open connections, if not one of them broke since it was opened. */
  async standing(): Promise<Vtys | undefined> {
    const open = [...this.#links].filter(([, link]) => link.isOpen)
    if (open.length < this.#links.size) return undefined
    return new Map(
      await Promise.all(open.map(async ([one, link]) => [one, await link.vty()] as const)),
    )
  }

  async read(): Promise<Snapshot> {
    const vtys = new Map<Daemon, Awaited<ReturnType<Link['vty']>>>()
    const missing = new Map<Daemon, Error>()
    const running: Running[] = []
    for (const [daemon, link] of this.#links) {
      try {
        running.push(await link.running())
        vtys.set(daemon, await link.vty())
      } catch (error) {
        missing.set(daemon, error as Error)
      }
    }
    const bytes = running.reduce((sum, one) => sum + one.bytes, 0)
    return { vtys, missing, tree: mergeOwned(running.map((one) => one.tree)), bytes }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links.values()) await link[Symbol.asyncDispose]()
  }
}
