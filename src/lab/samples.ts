// The sample objects that fit a topology, in the order to apply them. From the installation, because a
// lab shows what users are told to write, not a copy of it.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Sample {
  readonly file: string
  readonly text: string
}

export async function readSamples(folder: string): Promise<Sample[]> {
  // Beside src/ in a checkout (two levels up), beside dist/ in a package.
  const candidates = ['../../manifests/samples', '../manifests/samples'].map((path) =>
    join(import.meta.dirname, path, folder),
  )
  const dir = candidates.find(existsSync)
  if (!dir) throw new Error(`no sample objects; looked in ${candidates.join(' and ')}`)
  const files = (await readdir(dir)).filter((file) => file.endsWith('.yaml')).sort()
  return await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(join(dir, file), 'utf8') })),
  )
}
