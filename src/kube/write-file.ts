// Files that are whole at every moment: written beside their place and renamed into it.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { forEachAtOnce } from './at-once.ts'
import { isGone } from './read-tree.ts'

/**
 * Directories on the way are made below `base` only: where the base is gone, making it again would
 * turn a folder that was moved or unmounted into an empty one.
 */
export async function writeWhole(path: string, text: string, base: string): Promise<void> {
  // Hidden, so that nobody who reads the folder takes it for an object.
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}`)
  try {
    await writeIn(dirname(path), beside, text, base)
    await rename(beside, path)
  } catch (cause) {
    // On a full disk there is half a file now; where there is no directory, there is none.
    if (!isGone(cause)) await rm(beside, { force: true })
    throw new Error(`cannot write ${path}`, { cause })
  }
}

async function writeIn(dir: string, path: string, text: string, base: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await makeBelow(base, dir)
    await writeFile(path, text)
  }
}

async function makeBelow(base: string, dir: string): Promise<void> {
  let at = base
  for (const name of relative(base, dir).split('/')) {
    at = join(at, name)
    await mkdir(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** At most this many files open at once. */
const AT_ONCE = 32

/** Does something for each, see `forEachAtOnce`. */
export const forEachFile = <T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> => forEachAtOnce(items, AT_ONCE, work)
