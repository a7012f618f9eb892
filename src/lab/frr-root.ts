// A second, newer FRR in a directory of its own: Debian's packages of a later suite, resolved and
// checked by apt with a state of their own, unpacked and never installed. The machine's packages are
// not touched, and nothing runs that a package wanted to run.
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { debianArchives, KEYRING } from './debian-mirror.ts'
import { anyExists, apt } from './packages.ts'

/** Debian 13 has FRR 10.3. */
const SUITE = 'trixie'

/** Where the unpacked FRR 10 lies: outside the tree, shared by every checkout of this user. */
export function frrRoot(env: Readonly<Record<string, string | undefined>>): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || '/root', '.cache')
  return join(cache, 'ferrule', 'frr-10')
}

/** The version under this root, or undefined when there is none that runs. */
export async function frrRootVersion(root: string): Promise<string | undefined> {
  const found = await tryBgpd(root)
  return 'version' in found ? found.version : undefined
}

async function tryBgpd(root: string): Promise<{ version: string } | { why: string }> {
  if (!(await anyExists([join(root, 'usr/lib/frr/bgpd')]))) return { why: 'there is no bgpd' }
  const argv = [root, '/usr/lib/frr/bgpd', '--version']
  const { stdout, stderr } = await execa('chroot', argv, { reject: false })
  const version = /version (\S+)/.exec(stdout)?.[1]
  return version ? { version } : { why: stderr || stdout }
}

/** Why it cannot be unpacked here, or nothing when it can. */
export async function whyNoFrrRoot(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'unpacking FRR 10 needs root (it runs in a chroot)'
  if (!(await anyExists(['/usr/bin/apt-get']))) return 'there is no apt-get on this machine'
  if (!(await anyExists([KEYRING]))) return `${KEYRING} is missing (package debian-archive-keyring)`
  return undefined
}

/** All or nothing: the root appears under its name only when the bgpd in it has run. */
export async function installFrrRoot(root: string, say: (line: string) => void): Promise<string> {
  await mkdir(dirname(root), { recursive: true })
  const work = await mkdtemp(`${root}.new-`)
  await using _ = { [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }) }

  say(`FRR 10: resolving ${SUITE}'s frr and all it needs`)
  const debs = await download(work)
  say(`FRR 10: unpacking ${debs.length} packages`)
  const fresh = join(work, 'root')
  await mkdir(fresh)
  for (const deb of debs) await execa('dpkg-deb', ['-x', deb, fresh])
  await addAccounts(fresh)

  const found = await tryBgpd(fresh)
  if ('why' in found) throw new Error(`the bgpd unpacked under ${fresh} does not run: ${found.why}`)
  await replace(fresh, root)
  say(`FRR 10: ${found.version} is ready in ${root}`)
  return found.version
}

/** In the order to unpack: base-files first, it brings the /lib and /bin links no one depends on. */
async function download(work: string): Promise<string[]> {
  const options = await privateApt(work)
  await apt([...options, 'update'])
  await apt([...options, 'install', '--download-only', '-y', 'base-files', 'frr'])
  const dir = join(work, 'cache/archives')
  const names = (await readdir(dir)).filter((name) => name.endsWith('.deb')).sort()
  const base = names.filter((name) => name.startsWith('base-files_'))
  return [...base, ...names.filter((name) => !base.includes(name))].map((name) => join(dir, name))
}

/** apt with its own idea of what is installed (nothing), so that every dependency is fetched. */
async function privateApt(work: string): Promise<string[]> {
  for (const dir of ['state/lists/partial', 'cache/archives/partial']) {
    await mkdir(join(work, dir), { recursive: true })
  }
  await writeFile(join(work, 'status'), '')
  const { main } = await debianArchives()
  const line = `deb [signed-by=${KEYRING}] ${main} ${SUITE} main\n`
  await writeFile(join(work, 'sources.list'), line)
  const settings = {
    'Dir::State': join(work, 'state'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    // The cache may lie where apt's own download user cannot read.
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    // Without it, apt goes on with a warning when a signature does not match.
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** FRR drops root for the user frr; the numbers of this machine's own one, if it has one, fit best. */
async function addAccounts(root: string): Promise<void> {
  const host = await readFile('/etc/group', 'utf8')
  const gid = (name: string, otherwise: number) =>
    Number(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm').exec(host)?.[1] ?? otherwise)
  const uid = /^frr:[^:]*:(\d+):/m.exec(await readFile('/etc/passwd', 'utf8'))?.[1] ?? '92'
  const passwd = [
    'root:x:0:0:root:/root:/bin/sh',
    `frr:x:${uid}:${gid('frr', 92)}:FRR:/nonexistent:/usr/sbin/nologin`,
  ]
  const group = ['root:x:0:', `frr:x:${gid('frr', 92)}:`, `frrvty:x:${gid('frrvty', 85)}:frr`]
  await writeFile(join(root, 'etc/passwd'), `${passwd.join('\n')}\n`)
  await writeFile(join(root, 'etc/group'), `${group.join('\n')}\n`)
  // vtysh asks PAM who is there, and PAM wants files that only installing would have made.
  for (const service of ['frr', 'other']) {
    const rules = ['auth required pam_permit.so', 'account required pam_permit.so']
    await writeFile(join(root, 'etc/pam.d', service), `${rules.join('\n')}\n`)
  }
}

async function replace(fresh: string, root: string): Promise<void> {
  if ((await frrRootVersion(root)) === undefined) {
    await rm(root, { recursive: true, force: true })
  }
  try {
    await rename(fresh, root)
  } catch (error) {
    // Another setup was faster, and what it left runs.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
