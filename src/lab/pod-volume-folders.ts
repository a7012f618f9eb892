// Makes the folders behind a Pod's volumes, as a kubelet does: owned by the Pod's group, in memory where
// asked for, and files of objects behind one link, so that all of them change at once.
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import type { Pod, Volume } from './pod.ts'
import { ownGroup } from './pod-security.ts'
import { podVolumes, type VolumePlan } from './pod-volumes.ts'

/** What the objects behind a volume say: its files by name. None for an optional one that is not there. */
export type VolumeFiles = (
  volume: Volume,
) => ReadonlyMap<string, string | Uint8Array> | Promise<ReadonlyMap<string, string | Uint8Array>>

export async function makeVolumes(pod: Pod, dir: string, files: VolumeFiles): Promise<void> {
  const [group = 0] = ownGroup(pod.spec.securityContext ?? {})
  for (const plan of podVolumes(pod)) {
    const path = join(dir, plan.name)
    await mkdir(path, { recursive: true })
    if (plan.kind === 'memory') await mountMemory(path, plan.sizeBytes)
    await chown(path, 0, group)
    await chmod(path, plan.mode)
    if (plan.kind === 'files') await fill(pod, plan, path, { files, group })
  }
}

async function fill(
  pod: Pod,
  plan: VolumePlan & { kind: 'files' },
  path: string,
  { files, group }: { files: VolumeFiles; group: number },
): Promise<void> {
  const volume = pod.spec.volumes?.find(({ name }) => name === plan.name)
  for (const place of plan.below) await mkdir(join(path, place), { recursive: true })
  if (volume) await writeFiles(path, await files(volume), { ...plan, group })
}

/** Replaces all files of a volume at once: each is a link through `..data`, which is renamed. */
export async function writeFiles(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  { mode, fileMode, group }: { mode: number; fileMode: number; group: number },
): Promise<void> {
  const fresh = await mkdtemp(join(path, '..version-'))
  await chown(fresh, 0, group)
  await chmod(fresh, mode)
  for (const [name, content] of files) {
    await writeFile(join(fresh, name), content)
    await chown(join(fresh, name), 0, group)
    await chmod(join(fresh, name), fileMode)
  }
  const data = join(path, '..data')
  const before = await readlink(data).catch(() => undefined)
  await symlink(basename(fresh), join(path, '..data_tmp'))
  await rename(join(path, '..data_tmp'), data)
  const there = new Set(await readdir(path))
  for (const name of files.keys()) {
    if (!there.has(name)) await symlink(join('..data', name), join(path, name))
  }
  if (before !== undefined) await rm(join(path, before), { recursive: true })
}

async function mountMemory(path: string, sizeBytes: string | undefined): Promise<void> {
  const size = sizeBytes === undefined ? [] : ['-o', `size=${sizeBytes}`]
  await execa('mount', ['-t', 'tmpfs', ...size, 'tmpfs', path])
}

/** Whatever lies below a folder goes, mounted memory too. */
export async function removeVolumes(dir: string): Promise<void> {
  for (const path of await mountsBelow(dir)) await execa('umount', ['--lazy', path])
  await rm(dir, { recursive: true, force: true })
}

async function mountsBelow(dir: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n')
  // Blanks in paths stand as \040; ours have none.
  const paths = mounts.map((line) => line.split(' ')[1] ?? '')
  return paths.filter((path) => path.startsWith(`${dir}/`)).reverse()
}
