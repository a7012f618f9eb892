// A program that runs beside a test: in its own directory, its words in a log there, in a network
// namespace if asked. It dies with the test process, however that ends.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Netns } from '../../../src/lab/netns.ts'
import { endProcess, isRunning, kill, startDetached } from '../../../src/lab/process.ts'
import { until } from '../../../src/lab/until.ts'

export interface DaemonOptions {
  readonly name: string
  readonly dir: string
  readonly argv: readonly string[]
  readonly netns?: Netns | undefined
}

export class Daemon {
  readonly #options: DaemonOptions
  #pid = 0

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  /** Starts it, unless it runs, and waits until it is ready. */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    if (this.isRunning()) return
    const { name, dir, argv, netns } = this.#options
    const whole = ['setpriv', '--pdeathsig', 'KILL', 'env', '-C', dir, ...argv]
    this.#pid = await startDetached(this.#logPath, netns ? netns.command(whole) : whole)
    const check = async () => !this.isRunning() || (await isReady())
    await until(`${name} is ready`, check, { timeoutMs: 60_000 })
    if (!this.isRunning())
      throw new Error(`${name} ended while starting: ${await this.#lastWords()}`)
  }

  /** Ends it if it runs, and waits until it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.isRunning()) return
    if (signal === 'SIGTERM') return await endProcess(this.#pid, 15_000)
    kill(this.#pid, signal)
    await until(`${this.#options.name} is gone`, () => !this.isRunning())
  }

  isRunning(): boolean {
    return this.#pid !== 0 && isRunning(this.#pid)
  }

  get #logPath(): string {
    return join(this.#options.dir, `${this.#options.name}.log`)
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.#logPath, 'utf8')).trim().split('\n').slice(-5).join('\n')
  }
}
