// frr.conf on disk: the record FRR reads at its next start. Separate from applying, because a disk
// that is full must not stop what the network sees now.
import { chown, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface ConfPerms {
  /** 0640 unless told: the file may hold passwords. */
  readonly mode?: number
  /** Whoever owns the directory, unless told: FRR's user must be able to read it. */
  readonly uid?: number
  readonly gid?: number
}

/** Replaces the file whole or not at all. Nothing is written when it says the same already. */
export async function writeConf(dir: string, text: string, perms: ConfPerms = {}): Promise<void> {
  const path = join(dir, 'frr.conf')
  if ((await readIfThere(path)) === text) return
  const draft = join(dir, `.frr.conf.${process.pid}`)
  try {
    await writeDraft(draft, text, { dir, ...perms })
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true })
    throw new Error(`cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}

async function writeDraft(
  path: string,
  text: string,
  { dir, mode = 0o640, uid, gid }: ConfPerms & { dir: string },
): Promise<void> {
  await using file = await open(path, 'w', mode)
  await file.writeFile(text)
  // The mask of this process may have taken bits away.
  await file.chmod(mode)
  await file.sync()
  const owner = await stat(dir)
  await chown(path, uid ?? owner.uid, gid ?? owner.gid)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
