// A program that runs beside a test: in its own directory, its words in a log there, in a network
// namespace if asked. It dies with the test process, however that ends. Separate from the lab's
// processes, which are to outlive the command that started them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Netns } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'

export interface DaemonOptions {
  readonly name: string
  readonly dir: string
  readonly argv: readonly string[]
  readonly netns?: Netns | undefined
}

interface Running {
  readonly child: ChildProcess
  /** Only then are all its threads gone, and its sockets with them. */
  readonly exit: Promise<unknown>
}

export class Daemon {
  readonly #options: DaemonOptions
  #running: Running | undefined

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  /** Starts it, unless it runs, and waits until it is ready. */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    if (this.isRunning()) return
    const { name, dir, argv, netns } = this.#options
    const whole = ['setpriv', '--pdeathsig', 'KILL', 'env', '-C', dir, ...argv]
    await this.#spawn(netns ? netns.command(whole) : whole)
    const check = async () => !this.isRunning() || (await isReady())
    await until(`${name} is ready`, check, { timeoutMs: 60_000 })
    if (!this.isRunning())
      throw new Error(`${name} ended while starting: ${await this.#lastWords()}`)
  }

  /** Ends it if it runs, and waits until it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child, exit } = this.#running ?? {}
    if (!child || !this.isRunning()) return
    child.ref()
    child.kill(signal)
    const insist = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await exit
    clearTimeout(insist)
  }

  isRunning(): boolean {
    const child = this.#running?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** In a process group of its own: an interrupt at the keyboard is for the tests to handle. */
  async #spawn([file = '', ...args]: readonly string[]): Promise<void> {
    await using log = await open(this.#logPath, 'a')
    const child = spawn(file, args, { stdio: ['ignore', log.fd, log.fd], detached: true })
    this.#running = { child, exit: once(child, 'exit') }
    await once(child, 'spawn')
    // A test that forgets to end it shall end itself all the same.
    child.unref()
  }

  get #logPath(): string {
    return join(this.#options.dir, `${this.#options.name}.log`)
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.#logPath, 'utf8')).trim().split('\n').slice(-5).join('\n')
  }
}
