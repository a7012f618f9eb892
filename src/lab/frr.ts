// One FRR (zebra, bgpd, bfdd, and mgmtd where the version has it) in a network namespace, with its own
// run and config directory. Works for the FRR of this machine and for one unpacked under a root
// directory; the same start, stop and talk for routers, nodes and tests.
import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { enter, exists, type FrrPlace, prepareDirs } from './frr-dirs.ts'
import { endProcess, isRunning, kill, runInto } from './process.ts'
import { until } from './until.ts'

export interface FrrOptions extends FrrPlace {
  /** Without it, what this version of FRR needs for BGP and BFD. */
  daemons?: readonly string[]
  /** bgpd accepts sessions on port 179. A node only opens them; a router listens. */
  listen?: boolean
  bgpdArgs?: readonly string[]
}

const DAEMON_DIR = '/usr/lib/frr'

export class Frr implements AsyncDisposable {
  readonly runDir: string
  readonly configDir: string
  readonly daemons: readonly string[]
  readonly version: string
  readonly #options: FrrOptions

  constructor(options: FrrOptions, found: { daemons: readonly string[]; version: string }) {
    this.#options = options
    this.runDir = join(options.dir, 'run')
    this.configDir = join(options.dir, 'etc')
    this.daemons = found.daemons
    this.version = found.version
  }

  /** Starts one daemon and gives it what frr.conf says, as FRR's own supervisor does after a crash. */
  async start(daemon: string): Promise<void> {
    await this.#launch(daemon)
    await this.#load(['-d', daemon])
  }

  async startAll(): Promise<void> {
    for (const daemon of this.daemons) await this.#launch(daemon)
    await this.#load([])
  }

  /** Runs one command, or several in order, through vtysh and returns the text it prints. */
  async vtysh(...commands: string[]): Promise<string> {
    const flags = commands.flatMap((command) => ['-c', command])
    return (await this.#exec(['/usr/bin/vtysh', ...flags])).stdout
  }

  /** A `show` command as JSON; " json" is added. The caller names the shape it reads. */
  async show<T = Record<string, unknown>>(command: string): Promise<T> {
    const text = await this.vtysh(`${command} json`)
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      throw new Error(`FRR's answer to "${command} json" is not JSON: ${text}`, { cause })
    }
  }

  /** Command line that runs a program where the daemons run: their network, sockets and root. */
  command(argv: readonly string[]): string[] {
    return enter(this.#options, argv)
  }

  /** Undefined when the daemon is not running. */
  async pid(daemon: string): Promise<number | undefined> {
    const pid = await pidIn(join(this.runDir, `${daemon}.pid`))
    return pid !== undefined && (await isDaemon(pid, daemon)) ? pid : undefined
  }

  /** Sends a signal; after one that ends a process, resolves when it is gone. */
  async kill(daemon: string, signal: NodeJS.Signals): Promise<void> {
    const pid = await this.pid(daemon)
    if (pid === undefined) throw new Error(`${daemon} is not running`)
    kill(pid, signal)
    if (['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGSEGV', 'SIGABRT'].includes(signal)) {
      await until(`${daemon} (${pid}) ends after ${signal}`, () => !isRunning(pid))
    }
  }

  /** Ends all daemons; the directories stay. */
  async stop(): Promise<void> {
    for (const daemon of [...this.daemons].reverse()) {
      const pid = await this.pid(daemon)
      if (pid !== undefined) await endProcess(pid)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #launch(daemon: string): Promise<void> {
    const log = [`--log`, `file:/run/frr/${daemon}.log`, '--log-level', 'informational']
    const common = ['-d', '-A', '127.0.0.1', '-P', '0', '--limit-fds', '1024', ...log]
    const argv = [`${DAEMON_DIR}/${daemon}`, ...common, ...this.#ownArgs(daemon)]
    // A file, not a pipe: FRR 10's mgmtd keeps its output open for life, and a pipe would never end.
    await runInto(join(this.runDir, `${daemon}.out`), enter(this.#options, argv))
    const socket = join(this.runDir, `${daemon}.vty`)
    await until(`${daemon} answers on ${socket}`, () => answers(socket))
  }

  #ownArgs(daemon: string): readonly string[] {
    const { listen = false, bgpdArgs = [] } = this.#options
    if (daemon !== 'bgpd') return []
    return listen ? bgpdArgs : ['-p', '0', ...bgpdArgs]
  }

  async #load(select: readonly string[]): Promise<void> {
    const text = await readFile(join(this.configDir, 'frr.conf'), 'utf8')
    if (text.trim() === '') return
    const { stderr } = await this.#exec(['/usr/bin/vtysh', '-b', '-n', ...select])
    // vtysh goes on after a line it cannot use, and ends with status 0.
    if (/^line \d+: /m.test(stderr)) throw new Error(`frr.conf of ${this.runDir}: ${stderr}`)
  }

  async #exec(argv: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const [file = '', ...args] = enter(this.#options, argv)
    // vtysh would keep a history of what tests typed.
    return await execa(file, args, { env: { VTYSH_HISTFILE: '/dev/null' } })
  }
}

/** A handle on an FRR that `startFrr` started earlier, maybe in another process. */
export async function attachFrr(options: FrrOptions): Promise<Frr> {
  const { root = '' } = options
  const [file = '', ...args] = root
    ? ['chroot', root, `${DAEMON_DIR}/bgpd`]
    : [`${DAEMON_DIR}/bgpd`]
  const { stdout } = await execa(file, [...args, '--version'])
  const version = /version (\S+)/.exec(stdout)?.[1]
  if (!version) throw new Error(`bgpd --version says nothing of a version: ${stdout}`)
  // From 9 on, mgmtd holds the configuration of zebra and staticd.
  const hasMgmtd = await exists(join(root || '/', DAEMON_DIR, 'mgmtd'))
  const daemons = options.daemons ?? [...(hasMgmtd ? ['mgmtd'] : []), 'zebra', 'bgpd', 'bfdd']
  return new Frr(options, { daemons, version })
}

/** Starts the daemons and loads the configuration; resolves when all of them answer. */
export async function startFrr(options: FrrOptions): Promise<Frr> {
  const frr = await attachFrr(options)
  await prepareDirs(options)
  try {
    await frr.startAll()
  } catch (error) {
    await frr.stop()
    throw error
  }
  return frr
}

/** True once the daemon behind this socket answers a command. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write('show version\0'))
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer within 2 s')))
    socket.once('error', reject)
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('end', () => reject(new Error(`${path} was closed`)))
  })
}

async function pidIn(path: string): Promise<number | undefined> {
  try {
    return Number(await readFile(path, 'utf8')) || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A pid file may be older than the process that now has its number. */
async function isDaemon(pid: number, daemon: string): Promise<boolean> {
  if (!isRunning(pid)) return false
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === daemon
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
