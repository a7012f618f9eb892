// FRR's daemons as seen from outside: a socket file that appears, changes or goes. Separate from the
// connections, because a daemon that comes back has nobody connected to it yet.
import { EventEmitter } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Daemon } from './grammar.ts'

export interface WatchOptions {
  readonly runDir: string
  readonly daemons: readonly Daemon[]
  /** For file systems that tell us nothing, and for the time in which there is no directory. */
  readonly checkEveryMs?: number
}

export class DaemonWatch extends EventEmitter<{ change: [Daemon] }> implements Disposable {
  readonly #options: WatchOptions
  /** Socket file → which one it is; a restarted daemon makes a new one under the old name. */
  readonly #seen = new Map<Daemon, string>()
  readonly #timer: NodeJS.Timeout
  #watcher: FSWatcher | undefined
  #closed = false

  /** Resolves when the present state is known: only what changes from here on is a change. */
  static async open(options: WatchOptions): Promise<DaemonWatch> {
    const watching = new DaemonWatch(options)
    for (const daemon of options.daemons) {
      watching.#seen.set(daemon, await identityOf(socketOf(options.runDir, daemon)))
    }
    watching.#watch()
    return watching
  }

  private constructor(options: WatchOptions) {
    super()
    this.#options = options
    this.#timer = setInterval(() => this.#checkAll(), options.checkEveryMs ?? 5000)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearInterval(this.#timer)
    this.#watcher?.close()
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#options.runDir, { persistent: false }, (_, name) => {
        const daemon = this.#options.daemons.find((one) => name === basename(socketOf('', one)))
        if (daemon) void this.#check(daemon)
      })
      this.#watcher.once('error', () => this.#stopWatching())
    } catch {
      // No directory yet: the timer tries again.
      this.#watcher = undefined
    }
  }

  #stopWatching(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  #checkAll(): void {
    if (!this.#watcher) this.#watch()
    for (const daemon of this.#options.daemons) void this.#check(daemon)
  }

  async #check(daemon: Daemon): Promise<void> {
    const identity = await identityOf(socketOf(this.#options.runDir, daemon))
    if (this.#closed || this.#seen.get(daemon) === identity) return
    this.#seen.set(daemon, identity)
    this.emit('change', daemon)
  }
}

export const socketOf = (runDir: string, daemon: Daemon): string => join(runDir, `${daemon}.vty`)

/** Empty when there is no such file, or none we may see. */
async function identityOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  return found ? `${found.dev}:${found.ino}:${found.ctimeMs}` : ''
}
