// The user's files of a folder, read when something happened at them. A file that somebody may still
// be writing waits until it stands still; until then what it held before stays in force.
import { statSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { FileSet } from './file-set.ts'
import {
  isHidden,
  isObjectFile,
  listObjectFiles,
  readText,
  type Stamp,
  stampOfFile,
} from './read-tree.ts'
import { mayBeUnfinished, readYamlFile } from './yaml-file.ts'

/** How long a text that may be unfinished has to stand still before it counts. */
const STILL_MS = 25

interface Waiting {
  readonly text: string | undefined
  readonly since: number
  readonly timer: NodeJS.Timeout
}

export class FolderFiles implements Disposable {
  readonly files = new FileSet()
  readonly #dir: string
  readonly #namespace: string
  readonly #onStill: (path: string) => void
  readonly #stamps = new Map<string, Stamp>()
  readonly #waiting = new Map<string, Waiting>()
  /** Which directory the files came from: another one may be mounted or moved to its place. */
  #root: string | undefined
  #isGone = false

  /** `onStill` is called when a file that had to wait should be looked at again. */
  constructor(options: { dir: string; namespace: string; onStill: (path: string) => void }) {
    this.#dir = options.dir
    this.#namespace = options.namespace
    this.#onStill = options.onStill
    this.#root = identityOf(options.dir)
    for (const [path, stamp] of listObjectFiles(options.dir)) {
      const text = readText(path)
      // At the start nothing is known that could be lost, so nothing waits.
      if (text !== undefined) this.#accept(path, readYamlFile(text, options.namespace), stamp)
    }
  }

  /** The folder itself was moved or unmounted: nothing that stood in it is taken away. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Whether every object there is can be seen. */
  get isSure(): boolean {
    const files = this.files
    return (
      !this.#isGone &&
      this.#waiting.size === 0 &&
      !files.paths.some((path) => files.file(path)?.broken)
    )
  }

  /** Looks whether the folder is there at all; says whether that is different from before. */
  lookForFolder(): boolean {
    const wasGone = this.#isGone
    const root = identityOf(this.#dir)
    // Under an unmounted disk there is a directory, too: another one, and nothing in it.
    const isOther = root !== this.#root && this.#stamps.size > 0
    this.#isGone = root === undefined || (isOther && listObjectFiles(this.#dir).size === 0)
    if (!this.#isGone) this.#root = root
    return wasGone !== this.#isGone
  }

  /** Reads what an event was about. Says whether anything is new. */
  look(path: string): boolean {
    let changed = false
    for (const file of this.#filesAt(path)) changed = this.#lookAt(file) || changed
    return changed
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
  }

  /** The files an event may be about: one, or those of a directory, there now or before. */
  #filesAt(path: string): Iterable<string> {
    const name = basename(path)
    if (isObjectFile(name) && !isDirectory(path)) return [path]
    if (path !== this.#dir && isHidden(name)) return []
    const known = [...this.#stamps.keys(), ...this.#waiting.keys()]
    const stood = known.filter((one) => one.startsWith(`${path}/`))
    return new Set([...listObjectFiles(path).keys(), ...stood])
  }

  #lookAt(path: string): boolean {
    const stamp = stampOfFile(path)
    if (stamp !== undefined && stamp === this.#stamps.get(path)) return this.#settled(path)
    const text = stamp === undefined ? undefined : readText(path)
    if (text === undefined || stamp === undefined) return this.#lookAtGone(path)
    const before = this.files.file(this.#nameOf(path))
    if (text === before?.text) {
      this.#stamps.set(path, stamp)
      return this.#settled(path)
    }
    const read = readYamlFile(text, this.#namespace, before)
    if (mayBeUnfinished(read, before) && this.#mustWait(path, text)) return false
    this.#accept(path, read, stamp)
    return true
  }

  /** Editors remove a file a moment before they put the new one in its place. */
  #lookAtGone(path: string): boolean {
    if (!this.#stamps.has(path)) return this.#settled(path)
    if (this.#mustWait(path, undefined)) return false
    this.#settled(path)
    this.#stamps.delete(path)
    this.files.remove(this.#nameOf(path))
    return true
  }

  #mustWait(path: string, text: string | undefined): boolean {
    const seen = this.#waiting.get(path)
    const isSame = seen !== undefined && seen.text === text
    if (isSame && performance.now() - seen.since >= STILL_MS) return false
    clearTimeout(seen?.timer)
    const since = isSame ? seen.since : performance.now()
    const left = since + STILL_MS - performance.now()
    // One more than rounded up: a timer may fire a fraction of a millisecond early.
    const timer = setTimeout(() => this.#onStill(path), Math.ceil(left) + 1)
    this.#waiting.set(path, { text, since, timer })
    return true
  }

  #settled(path: string): false {
    clearTimeout(this.#waiting.get(path)?.timer)
    this.#waiting.delete(path)
    return false
  }

  #accept(path: string, read: ReturnType<typeof readYamlFile>, stamp: Stamp): void {
    this.#settled(path)
    this.#stamps.set(path, stamp)
    this.files.set(this.#nameOf(path), read)
  }

  #nameOf(path: string): string {
    return relative(this.#dir, path)
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Undefined when there is no such directory. */
function identityOf(dir: string): string | undefined {
  const stats = statSync(dir, { throwIfNoEntry: false })
  return stats?.isDirectory() ? `${stats.dev} ${stats.ino}` : undefined
}
