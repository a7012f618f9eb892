// All files of a folder together: which object counts where two files define it, and which objects
// a changed file changes. Pure; `folder.ts` reads the files into it.
import type { Problem } from '../config/problem.ts'
import { type Entry, keepHidden, type YamlFile } from './yaml-file.ts'

export class FileSet {
  readonly #files = new Map<string, YamlFile>()
  /** Key of an object → the files that define it, sorted by path: the first one counts. */
  readonly #definers = new Map<string, readonly string[]>()
  readonly #dirty = new Set<string>()

  get paths(): readonly string[] {
    return [...this.#files.keys()]
  }

  file(path: string): YamlFile | undefined {
    return this.#files.get(path)
  }

  entry(key: string): Entry | undefined {
    const path = this.#definers.get(key)?.[0]
    return path === undefined ? undefined : this.#files.get(path)?.entries.get(key)
  }

  keys(): Iterable<string> {
    return this.#definers.keys()
  }

  set(path: string, read: YamlFile): void {
    const before = this.#files.get(path)
    const file = keepHidden(read, before)
    this.#files.set(path, file)
    for (const [key, entry] of file.entries) {
      if (before?.entries.get(key) === entry) continue
      this.#dirty.add(key)
      if (!before?.entries.has(key)) this.#define(key, path)
    }
    for (const key of before?.entries.keys() ?? []) {
      if (!file.entries.has(key)) this.#undefine(key, path)
    }
  }

  remove(path: string): void {
    for (const key of this.#files.get(path)?.entries.keys() ?? []) this.#undefine(key, path)
    this.#files.delete(path)
  }

  /** Keys whose object is not what it was at the last call. */
  takeDirty(): string[] {
    const keys = [...this.#dirty]
    this.#dirty.clear()
    return keys
  }

  problems(): Problem[] {
    const inFiles = [...this.#files].flatMap(([path, file]) =>
      file.problems.map(({ line, column, code, message }) => {
        const where = `line ${line}${column === undefined ? '' : `, column ${column}`}`
        return { kind: 'File', namespace: '', name: path, path: where, code, message }
      }),
    )
    const twice = [...this.#definers]
      .filter(([, paths]) => paths.length > 1)
      .map(([key, paths]) => {
        const message = `defined in ${paths.join(' and in ')}; the one in ${paths[0]} counts`
        return { ...this.entry(key)!.ref, path: '', code: 'defined-twice', message }
      })
    return [...inFiles, ...twice].sort((a, b) =>
      a.kind + a.name + a.namespace < b.kind + b.name + b.namespace ? -1 : 1,
    )
  }

  #define(key: string, path: string): void {
    this.#definers.set(key, [...(this.#definers.get(key) ?? []), path].sort())
  }

  #undefine(key: string, path: string): void {
    this.#dirty.add(key)
    const left = (this.#definers.get(key) ?? []).filter((one) => one !== path)
    if (left.length > 0) this.#definers.set(key, left)
    else this.#definers.delete(key)
  }
}
