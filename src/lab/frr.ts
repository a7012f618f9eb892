// One FRR (zebra, bgpd, bfdd, and mgmtd where the version has it) in a network namespace, with its own
// run and config directory. Works for the FRR of this machine and for one unpacked under a root
// directory; the same start, stop and talk for routers, nodes and tests.
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Netns } from './netns.ts'
import { endProcess, isRunning, kill, runInto } from './process.ts'
import { until } from './until.ts'

export interface FrrOptions {
  /** Namespace to run in; without one the daemons share the caller's network. */
  netns?: Netns
  /** Where run/, etc/ and state/ of this FRR live. The caller's; it stays after the end. */
  dir: string
  /** Text of frr.conf; without it, the file that is there already, or none. */
  config?: string
  daemons?: readonly string[]
  /** Directory FRR is unpacked under, when it is not the machine's own. */
  root?: string
  /** bgpd accepts sessions on port 179. A node only opens them; a router listens. */
  listen?: boolean
  bgpdArgs?: readonly string[]
  hostname?: string
}

// The daemons see their built-in paths, because our directories are mounted there in a mount namespace
// of each process: FRR 10 has sockets (mgmtd's) that no option moves, and this way the machine's FRR and
// an unpacked one need no different flags. The sockets are reachable from outside by their host path.
// A fixed text with the values as arguments: nothing is ever quoted.
const ENTER = `set -e
root=$1 dir=$2 name=$3; shift 3
hostname "$name"
for at in run:run/frr etc:etc/frr state:var/lib/frr state:var/tmp/frr; do
  mount --bind "$dir/\${at%%:*}" "$root/\${at#*:}"
done
[ -n "$root" ] || exec "$@"
for at in dev proc sys; do mount --rbind "/$at" "$root/$at"; done
exec chroot "$root" "$@"`

const MOUNT_POINTS = ['run/frr', 'etc/frr', 'var/lib/frr', 'var/tmp/frr', 'dev', 'proc', 'sys']
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
    const log = [`--log`, `file:/var/run/frr/${daemon}.log`, '--log-level', 'informational']
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
  const owner = await frrUser(options.root ?? '')
  for (const point of MOUNT_POINTS)
    await mkdir(join(options.root ?? '/', point), { recursive: true })
  for (const name of ['run', 'etc', 'state']) {
    await mkdir(join(options.dir, name), { recursive: true })
    await chown(join(options.dir, name), owner.uid, owner.gid)
  }
  await writeConfig(frr.configDir, options, owner)
  try {
    await frr.startAll()
  } catch (error) {
    await frr.stop()
    throw error
  }
  return frr
}

async function writeConfig(configDir: string, options: FrrOptions, owner: Owner): Promise<void> {
  const files: [string, string | undefined][] = [
    ['vtysh.conf', 'service integrated-vtysh-config\n'],
    ['frr.conf', options.config],
  ]
  for (const [name, text] of files) {
    const path = join(configDir, name)
    if (text !== undefined) await writeFile(path, text)
    else if (!(await exists(path))) await writeFile(path, '')
    await chown(path, owner.uid, owner.gid)
  }
}

function enter(options: FrrOptions, argv: readonly string[]): string[] {
  const { netns, root = '', dir } = options
  const hostname = options.hostname ?? netns?.name ?? 'frr'
  const inside = [
    'unshare',
    '--mount',
    '--uts',
    'sh',
    '-c',
    ENTER,
    'enter',
    root,
    dir,
    hostname,
    ...argv,
  ]
  return netns ? netns.command(inside) : inside
}

interface Owner {
  uid: number
  gid: number
}

/** By number, and from the root the daemons will see: both ends may number `frr` differently. */
async function frrUser(root: string): Promise<Owner> {
  const passwd = await readFile(join(root || '/', 'etc/passwd'), 'utf8')
  const [, , uid, gid] =
    passwd
      .split('\n')
      .find((line) => line.startsWith('frr:'))
      ?.split(':') ?? []
  if (!uid || !gid) throw new Error(`no user frr in ${root}/etc/passwd: is FRR installed there?`)
  return { uid: Number(uid), gid: Number(gid) }
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

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
