// Lists and reads the files of a folder. Synchronous on purpose: a small file is read in 20 µs, which
// is less than a promise costs, and nothing can change between two steps of one scan.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Equal stamps: the same content, without reading it. */
export type Stamp = string

export const isObjectFile = (name: string): boolean =>
  /\.(?:ya?ml|json)$/.test(name) && !name.startsWith('.')

/** Hidden directories, `..data` of a mounted ConfigMap among them: their files show elsewhere. */
export const isHidden = (name: string): boolean => name.startsWith('.')

/** The object files below a directory, sorted by path, each with its stamp. */
export function listObjectFiles(dir: string): Map<string, Stamp> {
  const found = new Map<string, Stamp>()
  const visit = (at: string, depth: number): void => {
    for (const entry of entriesOf(at)) {
      const path = join(at, entry.name)
      if (isHidden(entry.name) || depth > 32) continue
      if (entry.isFile() && !isObjectFile(entry.name)) continue
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats?.isDirectory()) visit(path, depth + 1)
      else if (stats?.isFile() && isObjectFile(entry.name)) found.set(path, stampOf(stats))
    }
  }
  visit(dir, 0)
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Undefined when there is no such file (any more). */
export function stampOfFile(path: string): Stamp | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? stampOf(stats) : undefined
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isGone(error)) return undefined
    throw new Error(`cannot read ${path}`, { cause: error })
  }
}

export function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}

const stampOf = ({ ino, size, mtimeMs, ctimeMs }: ReturnType<typeof statSync> & object): Stamp =>
  `${ino} ${size} ${mtimeMs} ${ctimeMs}`

function entriesOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}
