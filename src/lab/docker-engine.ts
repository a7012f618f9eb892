// A Docker engine of our own, for machines where none runs: its own socket and images, no bridge and no
// firewall rules, so the machine's network stays as it is. Whoever needs it holds a shared lock; when the
// last one has let go, however it ended, the engine ends. Images stay for the next time.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { holdLock } from './lock.ts'
import { anyExists, DOCKERD } from './packages.ts'
import { startDetached } from './process.ts'
import { until } from './until.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Why none can be started here, or nothing when it can. */
export async function whyNoEngine(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'no Docker engine answers, and starting one needs root'
  if (await anyExists(DOCKERD)) return undefined
  return 'no Docker engine answers, and there is no dockerd (package docker.io)'
}

export function engineDir(env: Env): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || '/root', '.cache')
  return join(cache, 'ferrule', 'docker')
}

export interface Engine extends AsyncDisposable {
  readonly host: string
}

/** Starts it, or joins the one that other processes use already. */
export async function joinEngine(dir: string, say: (line: string) => void): Promise<Engine> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const host = `unix://${join(dir, 'docker.sock')}`
  // Waits while an engine is ending, for its keeper then holds this lock alone.
  const use = await holdLock(join(dir, 'users'), 'shared')
  try {
    await using _ = await holdLock(join(dir, 'starting'))
    if (!(await answers(host))) await start(dir, host, say)
    return { host, [Symbol.asyncDispose]: async () => await use[Symbol.asyncDispose]() }
  } catch (error) {
    await use[Symbol.asyncDispose]()
    throw error
  }
}

export async function answers(host: string): Promise<boolean> {
  const argv = ['version', '--format', '{{.Server.Version}}']
  const { failed } = await execa('docker', argv, { env: { DOCKER_HOST: host }, reject: false })
  return !failed
}

/**
 * The engine's parent: as soon as nobody uses it, ends it, and lets nobody in until it has ended. The
 * lock's descriptor is opened after the engine was started, which would otherwise hold the lock too.
 */
const KEEPER = `
users=$1; shift
setpriv --pdeathsig TERM "$@" &
exec 9>>"$users"
flock --exclusive 9
kill -TERM $!
wait $!`

async function start(dir: string, host: string, say: (line: string) => void): Promise<void> {
  say('no Docker engine answers: starting one for as long as it is needed')
  // Of an engine that was killed, and of its containerd, which the kernel kills with it. Whatever has
  // such a number now, a zombie too, would count as running.
  for (const left of ['pid', 'exec/containerd/containerd.pid']) {
    await rm(join(dir, left), { force: true })
  }
  const log = join(dir, 'log')
  await rm(log, { force: true })
  const keeper = ['sh', '-c', KEEPER, 'docker-keeper', join(dir, 'users')]
  await startDetached(log, [...keeper, await dockerd(), ...engineFlags(dir, host)])
  try {
    await until('the Docker engine answers', () => answers(host), { timeoutMs: 60_000 })
  } catch (error) {
    const said = (await readFile(log, 'utf8')).trim().split('\n').slice(-5).join('\n')
    throw new Error(`dockerd does not answer; its last lines:\n${said}`, { cause: error })
  }
}

async function dockerd(): Promise<string> {
  const [debian = '', docker = ''] = DOCKERD
  return (await anyExists([debian])) ? debian : docker
}

function engineFlags(dir: string, host: string): string[] {
  return [
    `--host=${host}`,
    `--data-root=${join(dir, 'data')}`,
    `--exec-root=${join(dir, 'exec')}`,
    `--pidfile=${join(dir, 'pid')}`,
    // Its socket is root's alone.
    '--group=root',
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--log-level=warn',
  ]
}
