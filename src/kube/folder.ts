// The objects in a folder of YAML files, kept up to date, with their statuses under `.status/`.
// Here are the events and the writes; what a file means is in `folder-files.ts` and `status-folder.ts`.
import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseObject } from '../config/parse.ts'
import type { ObjectRef, Problem } from '../config/problem.ts'
import { FolderFiles } from './folder-files.ts'
import { isHidden } from './read-tree.ts'
import { isRival, type Taken } from './rivals.ts'
import type { Change, PoolCounters, ServiceWrite, Source, StatusObject } from './source.ts'
import { StatusFolder, type WholeObject } from './status-folder.ts'
import { TreeWatch } from './watch-tree.ts'
import { forEachFile } from './write-file.ts'

export interface FolderOptions {
  readonly dir: string
  /** Of configuration objects that name none. */
  readonly namespace: string
  /** Something could not be watched or read; what was read before stays in force. */
  readonly onError: (error: Error) => void
  /** False for one look at the folder as it is. */
  readonly watch?: boolean
  /** How often to look at every file, whatever the events say. */
  readonly rescanMs?: number
}

/** Against events that never came: a network file system, an overflow of the kernel's queue. */
const RESCAN_MS = 30_000
/** How often to look for a folder that is gone. */
const RETURN_MS = 500

export function openFolder(options: FolderOptions): Folder {
  const dir = resolve(options.dir)
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (!stats) throw new Error(`the folder of objects ${dir} does not exist`)
  if (!stats.isDirectory()) throw new Error(`${dir} is not a folder`)
  return new Folder({ ...options, dir })
}

export class Folder implements Source {
  readonly ready = Promise.resolve()
  readonly #options: FolderOptions
  readonly #user: FolderFiles
  readonly #status: StatusFolder
  readonly #statusDir: string
  readonly #dirtyStatus = new Set<string>()
  /** Kinds of status objects of which we know what stands there. */
  readonly #readKinds = new Set<string>()
  readonly #touched = new Set<string>()
  readonly #watches: TreeWatch[] = []
  readonly #rescan: NodeJS.Timeout | undefined
  #reading: NodeJS.Immediate | undefined
  #return: NodeJS.Timeout | undefined
  #dirty: () => void = () => {}
  /** Looking at every status is dear in a large folder, so only when something has gone. */
  #mayHaveOrphans = true

  constructor(options: FolderOptions) {
    const { dir, namespace } = options
    this.#options = options
    this.#statusDir = join(dir, '.status')
    // Watch first, read second: what changes in between is seen twice, not never.
    if (options.watch !== false) {
      this.#startWatching()
      this.#rescan = setInterval(
        () => this.#lookEverywhere(),
        options.rescanMs ?? RESCAN_MS,
      ).unref()
    }
    const onStill = (path: string) => this.#touch(path)
    this.#user = new FolderFiles({ dir, namespace, onStill })
    this.#status = new StatusFolder(this.#statusDir)
  }

  onChange(dirty: () => void): void {
    this.#dirty = dirty
  }

  takeChanges(): Change[] {
    const keys = new Set([...this.#user.files.takeDirty(), ...this.#dirtyStatus])
    this.#dirtyStatus.clear()
    return [...keys].map((key) => this.#changeOf(key))
  }

  problems(): readonly Problem[] {
    const inFolder = [...this.#user.files.problems(), ...this.#status.problems()]
    if (!this.#user.isGone) return inFolder
    const file = { kind: 'File', namespace: '', name: this.#options.dir, path: '' }
    const message = 'the folder is gone; what stood in it last stays in force'
    return [{ ...file, code: 'folder-gone', message }, ...inFolder]
  }

  async writeServiceStatuses(writes: readonly ServiceWrite[]): Promise<void> {
    if (writes.length > 0) this.#mustBeThere()
    await forEachFile(writes, async (write) => {
      const key = `Service/${write.key}`
      const entry = this.#user.files.entry(key)
      // Deleted since the plan was made: there is nothing to write beside.
      if (!entry) return
      const whole = withService(this.#status.complete(key, entry.raw), entry.ref, write)
      if (!(await this.#status.write(key, whole))) return
      this.#dirtyStatus.add(key)
      this.#dirty()
    })
  }

  async writePoolStatus(name: string, counters: PoolCounters): Promise<void> {
    const key = `IPAddressPool/${this.#options.namespace}/${name}`
    this.#mustBeThere()
    const entry = this.#user.files.entry(key)
    const { assignedIPv4, assignedIPv6, availableIPv4, availableIPv6 } = counters
    const status = { assignedIPv4, assignedIPv6, availableIPv4, availableIPv6 }
    if (entry) await this.#status.write(key, { ...entry.raw, status } as WholeObject)
  }

  async writeStatusObjects(
    kind: string,
    labels: Readonly<Record<string, string>>,
    wanted: readonly StatusObject[],
  ): Promise<void> {
    this.#mustBeThere()
    if (!this.#readKinds.has(kind)) this.#status.readKind(kind)
    this.#readKinds.add(kind)
    const keep = new Set(wanted.map(keyOfStatus))
    const isOurs = (key: string) =>
      Object.entries(labels).every(([name, value]) => this.#status.labels(key)[name] === value)
    const stale = this.#status.keys(kind).filter((key) => isOurs(key) && !keep.has(key))
    await this.#status.remove(stale)
    await forEachFile(wanted, async (object) => {
      await this.#status.write(keyOfStatus(object), object)
    })
  }

  async removeRivals(kind: string, taken: Taken): Promise<void> {
    this.#mustBeThere()
    // Of other processes on this folder: what they wrote since was not read yet.
    this.#status.readKind(kind)
    const all = this.#status.keys(kind)
    await this.#status.remove(all.filter((key) => isRival(this.#status.labels(key), taken)))
  }

  async removeOrphans(): Promise<void> {
    // An object that only cannot be read at the moment must not lose its address.
    if (!this.#mayHaveOrphans || !this.#user.isSure) return
    this.#mayHaveOrphans = false
    const saved = ['Service', 'IPAddressPool'].flatMap((kind) => this.#status.keys(kind))
    try {
      await this.#status.remove(saved.filter((key) => !this.#user.files.entry(key)))
    } catch (error) {
      this.#mayHaveOrphans = true
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]()
    this.#user[Symbol.dispose]()
    clearInterval(this.#rescan)
    clearTimeout(this.#return)
    clearImmediate(this.#reading)
    this.#dirty = () => {}
  }

  /** Where another directory stands in its place, a status would be lost to its reader. */
  #mustBeThere(): void {
    if (this.#user.isGone) throw new Error(`${this.#options.dir} is gone; no status is written`)
  }

  #changeOf(key: string): Change {
    const entry = this.#user.files.entry(key)
    if (!entry) {
      this.#mayHaveOrphans = true
      return { ref: refOfKey(key) }
    }
    const raw = entry.ref.kind === 'Service' ? this.#status.complete(key, entry.raw) : entry.raw
    return { ref: entry.ref, ...parseObject(raw, this.#options.namespace) }
  }

  #startWatching(): void {
    const { dir, onError } = this.#options
    const onPath = (path: string) => this.#touch(path)
    // Of the statuses only Services are read back: another process may be their controller.
    const isOther = (name: string) => isHidden(name) || /^(?!Service$)[A-Z]/.test(name)
    this.#watches.push(
      new TreeWatch({ root: dir, skips: isHidden, onPath, onError }),
      new TreeWatch({ root: this.#statusDir, skips: isOther, onPath, onError }),
    )
  }

  #lookEverywhere(): void {
    for (const watch of this.#watches) watch.resync()
    this.#touch(this.#options.dir)
    this.#touch(this.#statusDir)
  }

  /** Reads once for all events that are there already. */
  #touch(path: string): void {
    this.#touched.add(path)
    this.#reading ??= setImmediate(() => {
      this.#reading = undefined
      try {
        this.#lookAtTouched()
      } catch (error) {
        this.#options.onError(error as Error)
      }
    })
  }

  #lookAtTouched(): void {
    const returned = this.#user.lookForFolder()
    if (this.#user.isGone) this.#awaitReturn()
    else if (returned) this.#lookEverywhere()
    // What is not there says nothing about what is in it.
    const touched = this.#user.isGone ? [] : [...this.#touched]
    this.#touched.clear()
    let changed = returned
    for (const path of touched) changed = this.#lookAt(path) || changed
    if (changed) this.#dirty()
  }

  /** Nobody tells when a folder comes back: its parent is not watched. */
  #awaitReturn(): void {
    clearTimeout(this.#return)
    this.#return = setTimeout(() => this.#touch(this.#options.dir), RETURN_MS).unref()
  }

  #lookAt(path: string): boolean {
    if (this.#status.contains(path)) return this.#lookAtStatus(path)
    // A mounted ConfigMap changes all its files at once, by another target of its link `..data`.
    if (!basename(path).startsWith('..')) return this.#user.look(path)
    this.#watches[0]?.resync()
    return this.#user.look(this.#options.dir)
  }

  #lookAtStatus(path: string): boolean {
    // The directory itself appears with the first status, after the watch was set up.
    if (path === this.#statusDir) this.#watches[1]?.resync()
    const keys = this.#status.look(path)
    for (const key of keys) this.#dirtyStatus.add(key)
    return keys.length > 0
  }
}

const keyOfStatus = ({ kind, metadata }: StatusObject): string =>
  `${kind}/${metadata.namespace}/${metadata.name}`

function refOfKey(key: string): ObjectRef {
  const [kind = '', namespace = '', name = ''] = key.split('/')
  return { kind, namespace, name }
}

function withService(whole: WholeObject, ref: ObjectRef, write: ServiceWrite): WholeObject {
  const changed = { ...whole.metadata.annotations, ...write.annotations }
  const annotations = Object.fromEntries(
    Object.entries(changed).filter((entry): entry is [string, string] => entry[1] !== null),
  )
  return {
    ...whole,
    metadata: { ...whole.metadata, namespace: ref.namespace, annotations },
    status: { ...(whole.status as object | undefined), loadBalancer: { ingress: write.ingress } },
  }
}
