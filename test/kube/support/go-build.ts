// Builds one command from a go.mod of the tests into the user's cache directory, where every checkout
// finds it. One build at a time; a command is there whole or not at all.
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { holdLock } from '../../../src/lab/lock.ts'
import { anyExists } from '../../../src/lab/packages.ts'

type Env = Readonly<Record<string, string | undefined>>

/** A go.mod of its own for each project: their dependencies need not agree. */
export interface GoModule {
  readonly dir: string
  readonly version: string
  /** The version is part of the name: another version is another directory, and nothing goes stale. */
  readonly cache: string
  readonly packageOf: (command: string) => string
  /** Told to the linker. */
  readonly facts: Readonly<Record<string, string>>
}

const KUBE = join(import.meta.dirname, '../apiserver')
export const KUBE_VERSION = versionIn(KUBE, 'k8s.io/kubernetes')

export const KUBERNETES: GoModule = {
  dir: KUBE,
  version: KUBE_VERSION,
  cache: `kube-${KUBE_VERSION}`,
  packageOf: (command) => `k8s.io/kubernetes/cmd/${command}`,
  facts: kubernetesFacts(),
}

/** What a module's go.mod requires another in. */
export function versionIn(dir: string, module: string): string {
  const required = new RegExp(`^(?:require |\\t)${module.replaceAll('.', '\\.')} (v\\S+)`, 'm')
  const version = required.exec(readFileSync(join(dir, 'go.mod'), 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${dir}/go.mod does not require ${module}`)
  return version
}

function cacheDir(env: Env, { cache }: GoModule): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || '/root', '.cache'), 'ferrule', cache)
}

/** Where the command is once it has been built. */
export const builtPath = (command: string, env: Env, module = KUBERNETES): string =>
  join(cacheDir(env, module), command)

export async function buildCommand(
  command: string,
  say: (line: string) => void,
  env: Env,
  module = KUBERNETES,
): Promise<string> {
  const path = builtPath(command, env, module)
  if (await anyExists([path])) return path
  const dir = cacheDir(env, module)
  await mkdir(dir, { recursive: true })
  await using _ = await holdLock(join(dir, 'lock'))
  // Whoever held the lock before us may have built it.
  if (await anyExists([path])) return path

  say(`building ${command} ${module.version}, once: some minutes`)
  const work = await mkdtemp(`${path}.new-`)
  await using _work = { [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }) }
  const fresh = join(work, command)
  const flags = ['-mod=readonly', '-trimpath', '-ldflags', linkerFlags(module), '-o', fresh]
  // nice: whatever else runs here, the tests that measure among it, goes first.
  const argv = ['-n', '10', 'go', 'build', ...flags, module.packageOf(command)]
  await execa('nice', argv, { cwd: module.dir, env: { CGO_ENABLED: '0' } })
  await rename(fresh, path)
  say(`${path} is ready`)
  return path
}

/** Stripped, and told its version, as in a release: clients are shown it and may act on it. */
function linkerFlags({ facts }: GoModule): string {
  const set = Object.entries(facts).map(([name, value]) => `-X ${name}=${value}`)
  return ['-s', '-w', ...set].join(' ')
}

function kubernetesFacts(): Record<string, string> {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(KUBE_VERSION) ?? []
  const facts = { gitVersion: KUBE_VERSION, gitMajor: major, gitMinor: minor }
  const places = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  return Object.fromEntries(
    places.flatMap((place) =>
      Object.entries(facts).map(([name, value]) => [`${place}.${name}`, value]),
    ),
  )
}
