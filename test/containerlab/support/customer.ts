// Uses a Service without end from a machine of its own: a new connection every few milliseconds, and what
// became of each, so that a test can say what its users noticed meanwhile.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Netns } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'

export interface Visit {
  /** Milliseconds since 1970: when it was begun. */
  readonly at: number
  /** What it was answered; an error's code where nothing was. */
  readonly answer?: string
  readonly failed?: string
}

export class Customer implements AsyncDisposable {
  /** Every one that has come to its end, in the order of their ends; grows. */
  readonly visits: Visit[] = []
  readonly #child: ChildProcess

  constructor(netns: Netns, url: string, everyMs: number) {
    const program = join(import.meta.dirname, 'customer-child.ts')
    const argv = [process.execPath, program, url, String(everyMs)]
    const [file = '', ...args] = netns.command(argv)
    this.#child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (visit: Visit) => this.visits.push(visit))
  }

  /** From now on: resolves with the first good answer of a visit begun after that. */
  async served(): Promise<string> {
    const now = Date.now()
    const good = () => this.visits.findLast(({ at, answer }) => at >= now && answer !== undefined)
    return (await until('the Service answers', good, { timeoutMs: 60_000 })).answer ?? ''
  }

  failedSince(at: number): readonly Visit[] {
    return this.visits.filter((visit) => visit.at >= at && visit.failed !== undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }
}
