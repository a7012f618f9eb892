// Where one FRR lives: its own run, config and state directory, mounted at the daemons' built-in paths.
// Apart from frr.ts, which starts and asks the daemons and need not know how they see the world.
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Netns } from './netns.ts'

export interface FrrPlace {
  /** Namespace to run in; without one the daemons share the caller's network. */
  netns?: Netns
  /** Where run/, etc/ and state/ of this FRR live. The caller's; it stays after the end. */
  dir: string
  /** Directory FRR is unpacked under, when it is not the machine's own. */
  root?: string
  hostname?: string
  /** Text of frr.conf; without it, the file that is there already, or none. */
  config?: string
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
/** Directories, owned by whom the daemons become, and the files vtysh wants. */
export async function prepareDirs(place: FrrPlace): Promise<void> {
  const { root = '/', dir } = place
  const owner = await frrUser(root)
  for (const point of MOUNT_POINTS) await mkdir(join(root, point), { recursive: true })
  for (const name of ['run', 'etc', 'state']) {
    await mkdir(join(dir, name), { recursive: true })
    await chown(join(dir, name), owner.uid, owner.gid)
  }
  await writeConfig(join(dir, 'etc'), place, owner)
}

/** Command line that runs a program where the daemons run: their network, paths and root. */
export function enter(options: FrrPlace, argv: readonly string[]): string[] {
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

async function writeConfig(configDir: string, options: FrrPlace, owner: Owner): Promise<void> {
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

interface Owner {
  uid: number
  gid: number
}

/** By number, and from the root the daemons will see: both ends may number `frr` differently. */
async function frrUser(root: string): Promise<Owner> {
  const passwd = await readFile(join(root, 'etc/passwd'), 'utf8')
  const [, , uid, gid] =
    passwd
      .split('\n')
      .find((line) => line.startsWith('frr:'))
      ?.split(':') ?? []
  if (!uid || !gid)
    throw new Error(`no user frr in ${join(root, 'etc/passwd')}: is FRR installed there?`)
  return { uid: Number(uid), gid: Number(gid) }
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
