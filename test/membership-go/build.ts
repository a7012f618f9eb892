// Builds the member by hashicorp/memberlist into the user's cache directory, once for each version of
// it. The name there follows from everything it is built from, so nothing goes stale.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { whyNoGo } from '../../src/lab/go-toolchain.ts'
import { anyExists } from '../../src/lab/packages.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Each by its own go.mod: the newest that MetalLB has, and the one of MetalLB v0.13. */
const VERSIONS = { 'v0.5.1': 'go', 'v0.3.1': 'v0.3.1' } as const
export type MemberlistVersion = keyof typeof VERSIONS

/** For `suite`: why to skip, or false. In CI nothing is skipped. */
export async function skipWithoutGo(env: Env = process.env): Promise<string | false> {
  const why = await whyNoGo()
  return why !== undefined && env.CI !== 'true' ? why : false
}

/** The program's path. */
export async function buildGoMember(
  version: MemberlistVersion = 'v0.5.1',
  env: Env = process.env,
): Promise<string> {
  const mod = VERSIONS[version]
  const hash = createHash('sha256')
  for (const name of ['main.go', `${mod}.mod`, `${mod}.sum`]) {
    hash.update(await readFile(join(import.meta.dirname, name)))
  }
  const cache = env.XDG_CACHE_HOME || join(env.HOME || '/root', '.cache')
  const dir = join(cache, 'ferrule', 'membership-go')
  const path = join(dir, `${version}-${hash.digest('hex').slice(0, 16)}`)
  if (await anyExists([path])) return path
  await mkdir(dir, { recursive: true })
  const work = await mkdtemp(`${path}.new-`)
  await using _work = { [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }) }
  const fresh = join(work, 'member')
  const flags = [`-modfile=${mod}.mod`, '-mod=readonly', '-trimpath', '-o', fresh]
  await execa('nice', ['-n', '10', 'go', 'build', ...flags, '.'], {
    cwd: import.meta.dirname,
    env: { CGO_ENABLED: '0' },
  })
  // Whole or not at all, also when two build at the same time.
  await rename(fresh, path)
  return path
}
