// One of our roles as a process of its own, which can be ended as a kubelet or a crash would, started
// again, and measured. Its log is kept over restarts.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Netns } from '../../../src/lab/netns.ts'
import { endProcess, isRunning, kill, startDetached } from '../../../src/lab/process.ts'
import { until } from '../../../src/lab/until.ts'

export interface RoleOptions {
  readonly netns: Netns
  readonly dir: string
  readonly name: string
  /** Command and flags. */
  readonly args: readonly string[]
  /** What stands before them, if it is not node with the source. */
  readonly program?: readonly string[]
}

const ROOT = join(import.meta.dirname, '../../..')
const ENTRY = join(ROOT, 'src/main.ts')

/** As the first line of bin/ferrule.js says it, but this node. */
async function nodeAsShipped(): Promise<string[]> {
  const [shebang = ''] = (await readFile(join(ROOT, 'bin/ferrule.js'), 'utf8')).split('\n')
  const words = shebang.split(' ').slice(2)
  return ['env', ...words.map((word) => (word === 'node' ? process.execPath : word))]
}

export class Role {
  readonly #options: RoleOptions
  #flags: readonly string[] = []
  #pid = 0

  constructor(options: RoleOptions) {
    this.#options = options
  }

  get pid(): number {
    return this.#pid
  }

  /** Beside its own, from the next start on. */
  setFlags(...flags: readonly string[]): void {
    this.#flags = flags
  }

  /** `entry`: a bundle instead of the source. */
  async start(entry = ENTRY): Promise<void> {
    const { netns, args, program } = this.#options
    const plain = [...(await nodeAsShipped()), entry]
    const command = [...(program ?? plain), ...args, ...this.#flags]
    this.#pid = await startDetached(this.#logPath, netns.command(command))
  }

  /** Sends a signal that ends it, and waits until it is gone. */
  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    kill(this.#pid, signal)
    await until(`${this.#options.name} ends after ${signal}`, () => !isRunning(this.#pid))
  }

  async end(): Promise<void> {
    if (this.#pid !== 0) await endProcess(this.#pid)
  }

  /** Everything it wrote so far, one JSON line per event. */
  async log(): Promise<string> {
    return await readFile(this.#logPath, 'utf8')
  }

  /** Waits for a line that is written from now on. */
  async tells(what: RegExp): Promise<{ line(): Promise<string> }> {
    const from = (await this.log()).length
    const found = async () =>
      (await this.log())
        .slice(from)
        .split('\n')
        .find((line) => what.test(line))
    const { name } = this.#options
    return { line: () => until(`${name} says ${what}`, found, { timeoutMs: 40_000 }) }
  }

  /** Runs a program that sees, and changes, the file systems as this process has them. */
  async inItsMounts(argv: readonly string[]): Promise<string> {
    return (await execa('nsenter', ['--mount', '--target', String(this.#pid), ...argv])).stdout
  }

  /** Resident memory, in megabytes as people count them. */
  async memoryMb(): Promise<number> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8')
    return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6
  }

  /** CPU time so far, of all its threads, in milliseconds. */
  async cpuMs(): Promise<number> {
    const dir = `/proc/${this.#pid}/task`
    const spent = (await readdir(dir)).map(async (thread) => {
      const text = await readFile(join(dir, thread, 'schedstat'), 'utf8')
      return Number(text.split(' ')[0]) / 1e6
    })
    return (await Promise.all(spent)).reduce((sum, ms) => sum + ms, 0)
  }

  get #logPath(): string {
    return join(this.#options.dir, `${this.#options.name}.log`)
  }
}
