// Writes what was gathered: a folder, or one compressed archive, also to standard output, for containers
// have no disk of their own. Nobody else may read it: it says much of a network.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { GatheredFile } from './collection.ts'
import { tarOf } from './tar.ts'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Throws when there is something in it already: two gatherings in one folder would be a riddle. */
export async function prepareFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: FOLDER_MODE })
  if ((await readdir(dir)).length > 0) throw new Error(`${dir} is not empty`)
}

export async function writeFolder(dir: string, files: readonly GatheredFile[]): Promise<void> {
  for (const { path, text } of files) {
    const to = join(dir, path)
    await mkdir(dirname(to), { recursive: true, mode: FOLDER_MODE })
    await writeFile(to, text, { mode: FILE_MODE, flag: 'wx' })
  }
}

export interface Archive {
  /** `-` is standard output. */
  readonly to: string
  /** What everything in it lies in. */
  readonly folder: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export async function writeArchive(
  { to, folder, at }: Archive,
  files: readonly GatheredFile[],
): Promise<void> {
  const packed = await promisify(gzip)(tarOf(files, folder, at / 1000))
  if (to !== '-') return await writeFile(to, packed, { mode: FILE_MODE })
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(packed, (error) => (error ? reject(error) : resolve()))
  })
}
