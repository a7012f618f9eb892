// Builds one command of Kubernetes from test/kube/apiserver/go.mod into the user's cache directory,
// where every checkout finds it. One build at a time; a command is there whole or not at all.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { anyExists } from '../../../src/lab/packages.ts'

type Env = Readonly<Record<string, string | undefined>>

const MODULE = join(import.meta.dirname, '../apiserver')
export const KUBE_VERSION = versionIn(readFileSync(join(MODULE, 'go.mod'), 'utf8'))

function versionIn(goMod: string): string {
  const version = /^(?:require|\t) ?k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1]
  if (version === undefined) throw new Error(`${MODULE}/go.mod does not require k8s.io/kubernetes`)
  return version
}

/** The version is part of the name: another version is another directory, and nothing goes stale. */
function cacheDir(env: Env): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || '/root', '.cache')
  return join(cache, 'ferrule', `kube-${KUBE_VERSION}`)
}

/** Where the command is once it has been built. */
export const builtPath = (command: string, env: Env): string => join(cacheDir(env), command)

export async function buildCommand(
  command: string,
  say: (line: string) => void,
  env: Env,
): Promise<string> {
  const path = builtPath(command, env)
  if (await anyExists([path])) return path
  await mkdir(cacheDir(env), { recursive: true })
  await using _ = await holdLock(join(cacheDir(env), 'lock'))
  // Whoever held the lock before us may have built it.
  if (await anyExists([path])) return path

  say(`building ${command} ${KUBE_VERSION}, once: some minutes`)
  const work = await mkdtemp(`${path}.new-`)
  await using _work = { [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }) }
  const fresh = join(work, command)
  const flags = ['-mod=readonly', '-trimpath', '-ldflags', linkerFlags(), '-o', fresh]
  // nice: whatever else runs here, the tests that measure among it, goes first.
  const argv = ['-n', '10', 'go', 'build', ...flags, `k8s.io/kubernetes/cmd/${command}`]
  await execa('nice', argv, { cwd: MODULE, env: { CGO_ENABLED: '0' } })
  await rename(fresh, path)
  say(`${path} is ready`)
  return path
}

/** Stripped, and told its version, as in a release: clients are shown it and may act on it. */
function linkerFlags(): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(KUBE_VERSION) ?? []
  const facts = { gitVersion: KUBE_VERSION, gitMajor: major, gitMinor: minor }
  const places = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  const set = places.flatMap((place) =>
    Object.entries(facts).map(([name, value]) => `-X ${place}.${name}=${value}`),
  )
  return ['-s', '-w', ...set].join(' ')
}

/** The kernel's own lock, held by a child that ends with us: nothing is left locked after a crash. */
async function holdLock(path: string): Promise<AsyncDisposable> {
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  const child = spawn('flock', [path, 'sh', '-c', 'echo held; exec cat'], { stdio: [...stdio] })
  const exited = once(child, 'exit')
  const held = await Promise.race([once(child.stdout!, 'data'), exited])
  if (String(held[0]).trim() !== 'held') throw new Error(`flock ${path} ended before it had it`)
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin!.end()
      await exited
    },
  }
}
