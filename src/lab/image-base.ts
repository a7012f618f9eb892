// What the images are built on: Debian stable without what nobody asked for. From a registry where one is
// reached, else made here from Debian's packages. Nothing of it ships but the packages that an image names.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe } from '../describe.ts'
import { debianArchives, KEYRING } from './debian-mirror.ts'
import type { Docker } from './docker.ts'
import { anyExists } from './packages.ts'

const SUITE = 'trixie'
const PUBLIC = `debian:${SUITE}-slim`
const OWN = `ferrule-base:${SUITE}`

export interface BaseOptions {
  readonly say: (line: string) => void
  /** With Debian's packages of today, whatever is there from before. */
  readonly fresh: boolean
}

export async function findBase(docker: Docker, { say, fresh }: BaseOptions): Promise<string> {
  const whyNotPublic = await pull(docker, fresh)
  if (whyNotPublic === undefined) return PUBLIC
  if (!fresh && (await hasImage(docker, OWN))) return OWN
  const whyNotOwn = await whyNoBase()
  if (whyNotOwn !== undefined) throw new Error(`${whyNotOwn}, and ${whyNotPublic}`)
  say(`${PUBLIC} cannot be pulled: making ${OWN} of Debian's packages`)
  await makeBase(docker)
  return OWN
}

export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  return (await docker.run(['image', 'ls', '--quiet', image])) !== ''
}

/** Why it cannot be had from a registry, or nothing when it is there. */
async function pull(docker: Docker, fresh: boolean): Promise<string | undefined> {
  if (!fresh && (await hasImage(docker, PUBLIC))) return undefined
  try {
    await docker.run(['pull', '--quiet', PUBLIC])
    return undefined
  } catch (error) {
    return `${PUBLIC} cannot be pulled: ${describe(error)}`
  }
}

async function whyNoBase(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'making a base needs root (debootstrap)'
  if (!(await anyExists(['/usr/sbin/debootstrap']))) return 'there is no debootstrap (its package)'
  if (!(await anyExists([KEYRING]))) return `${KEYRING} is missing (package debian-archive-keyring)`
  return undefined
}

async function makeBase(docker: Docker): Promise<void> {
  const { main } = await debianArchives()
  const work = await mkdtemp(join(tmpdir(), 'ferrule-base-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }) }
  const root = join(work, 'root')
  // With certificates, for an archive that is reached by https.
  const what = ['--variant=minbase', '--include=ca-certificates', `--keyring=${KEYRING}`]
  await execa('/usr/sbin/debootstrap', [...what, SUITE, root, main], { env: { LC_ALL: 'C' } })
  await cleanBase(root)
  const tar = execa('tar', ['-C', root, '--numeric-owner', '-c', '.'], { buffer: false })
  await Promise.all([docker.run(['import', '-', OWN], { input: tar.stdout }), tar])
}

/** What was fetched goes, and packages come from where every Debian has them from. */
async function cleanBase(root: string): Promise<void> {
  for (const dir of ['var/cache/apt', 'var/lib/apt/lists', 'var/log']) {
    for (const name of await readdir(join(root, dir))) {
      await rm(join(root, dir, name), { recursive: true })
    }
  }
  const archive = 'http://deb.debian.org'
  const sources = [
    `deb ${archive}/debian ${SUITE} main`,
    `deb ${archive}/debian ${SUITE}-updates main`,
    `deb ${archive}/debian-security ${SUITE}-security main`,
  ]
  await writeFile(join(root, 'etc/apt/sources.list'), `${sources.join('\n')}\n`)
}

/** A Debian machine knows an archive that it reaches; others leave it to the base. */
export async function mirrorArgs(): Promise<string[]> {
  if (!(await anyExists(['/usr/bin/apt-get']))) return []
  const { main, security } = await debianArchives()
  return [
    `--build-arg=MIRROR=${main}`,
    ...(security === undefined ? [] : [`--build-arg=SECURITY_MIRROR=${security}`]),
  ]
}
