// `.status/<Kind>/<namespace>/<name>.yaml`: what we write beside a user's files, which are his alone.
// Each file holds the whole object with its status; of it only the status and our annotations count.
import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { RawObject } from '../api/kinds.ts'
import type { Problem } from '../config/problem.ts'
import { isHidden, listObjectFiles, readText } from './read-tree.ts'
import { forEachFile, writeWhole } from './write-file.ts'

/** Annotations that are ours to set: what the user's file says about them does not count. */
const OWNED = [ALLOCATED_FROM_POOL]

/** What we keep of a file; its text would be most of the memory of a large folder. */
interface Saved {
  readonly digest: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly status: unknown
}

/** An object with the rest of its fields as the user wrote them. */
export interface WholeObject extends RawObject {
  readonly metadata: RawObject['metadata'] & {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly status?: unknown
}

export class StatusFolder {
  readonly root: string
  readonly #saved = new Map<string, Saved>()
  /** What was written last, to recognise the same again without printing it. */
  readonly #written = new Map<string, WholeObject>()
  readonly #unreadable = new Map<string, string>()

  constructor(root: string) {
    this.root = root
    for (const path of listObjectFiles(join(root, 'Service')).keys()) this.read(path)
  }

  /** `Service/namespace/name` of a file here, or undefined for any other path. */
  keyOf(path: string): string | undefined {
    const [kind, namespace, file, ...deeper] = relative(this.root, path).split('/')
    if (!file?.endsWith('.yaml') || file.startsWith('.') || deeper.length > 0) return undefined
    return `${kind}/${namespace}/${basename(file, '.yaml')}`
  }

  pathOf(key: string): string {
    return join(this.root, `${key}.yaml`)
  }

  /** Reads a file that may have changed. Says whether it did; our own writes come back unchanged. */
  read(path: string): boolean {
    const key = this.keyOf(path)
    if (key === undefined) return false
    const text = readText(path)
    if (text === undefined) {
      this.#unreadable.delete(key)
      this.#written.delete(key)
      return this.#saved.delete(key)
    }
    if (this.#saved.get(key)?.digest === digestOf(text)) return false
    const document = parseDocument(text, { prettyErrors: false })
    const object: unknown = document.errors.length === 0 ? document.toJS() : undefined
    if (!isWhole(object)) {
      // Only a foreign hand writes such a file. What was read before stays in force.
      this.#unreadable.set(key, document.errors[0]?.message ?? 'this is no object')
      return false
    }
    this.#unreadable.delete(key)
    this.#saved.set(key, savedFrom(object, text))
    this.#written.delete(key)
    return true
  }

  /** Reads what an event was about, a file or a directory. The keys of what changed. */
  look(path: string): string[] {
    return this.#filesAt(path)
      .filter((file) => this.read(file))
      .map((file) => this.keyOf(file)!)
  }

  problems(): Problem[] {
    return [...this.#unreadable].map(([key, message]) => {
      const name = join(basename(this.root), `${key}.yaml`)
      return { kind: 'File', namespace: '', name, path: '', code: 'syntax', message }
    })
  }

  /** Keys of saved objects of a kind. */
  keys(kind: string): string[] {
    return [...this.#saved.keys()].filter((key) => key.startsWith(`${kind}/`))
  }

  labels(key: string): Readonly<Record<string, string>> {
    return this.#saved.get(key)?.labels ?? {}
  }

  /** The user's object with the status and annotations saved here in place of his own. */
  complete(key: string, object: RawObject): WholeObject {
    const saved = this.#saved.get(key)
    if (!saved) return object
    const whole: WholeObject = object
    const theirs = Object.entries(whole.metadata.annotations ?? {})
    const annotations = {
      ...Object.fromEntries(theirs.filter(([name]) => !OWNED.includes(name))),
      ...saved.annotations,
    }
    return { ...whole, metadata: { ...whole.metadata, annotations }, status: saved.status }
  }

  /** Writes only what is different from what stands there. Says whether it was. */
  async write(key: string, object: WholeObject): Promise<boolean> {
    if (this.#written.get(key) === object) return false
    // No line breaks inside values: half the size, and twice as fast.
    const text = stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })
    const saved = savedFrom(object, text)
    const isNew = this.#saved.get(key)?.digest !== saved.digest
    if (isNew) await writeWhole(this.pathOf(key), text, dirname(this.root))
    this.#saved.set(key, saved)
    this.#written.set(key, object)
    return isNew
  }

  async remove(keys: Iterable<string>): Promise<void> {
    await forEachFile(keys, async (key) => {
      await rm(this.pathOf(key), { force: true })
      this.#saved.delete(key)
      this.#written.delete(key)
    })
  }

  /** Reads what stands there of a kind that is not watched: other roles may have written it. */
  readKind(kind: string): void {
    const found = new Set(listObjectFiles(join(this.root, kind)).keys())
    for (const key of this.keys(kind)) found.add(this.pathOf(key))
    for (const path of found) this.read(path)
  }

  #filesAt(path: string): string[] {
    if (path !== this.root && isHidden(basename(path))) return []
    if (path.endsWith('.yaml')) return [path]
    const services = join(this.root, 'Service')
    const dir = services.startsWith(path) ? services : path
    const stood = this.keys('Service').map((key) => this.pathOf(key))
    const gone = stood.filter((file) => file.startsWith(`${dir}/`))
    return [...new Set([...gone, ...listObjectFiles(dir).keys()])]
  }

  contains(path: string): boolean {
    return path === this.root || path.startsWith(`${this.root}/`)
  }
}

const digestOf = (text: string): string => hash('sha1', text, 'base64')

function savedFrom({ metadata, status }: WholeObject, text: string): Saved {
  const annotations = Object.entries(metadata.annotations ?? {})
  return {
    digest: digestOf(text),
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(annotations.filter(([name]) => OWNED.includes(name))),
    status: status ?? {},
  }
}

function isWhole(value: unknown): value is WholeObject {
  const { kind, metadata } = (value ?? {}) as Partial<WholeObject>
  return typeof kind === 'string' && typeof metadata === 'object' && metadata !== null
}
