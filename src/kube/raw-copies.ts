// Objects of several kinds as they are, kept up to date by a watch each: for who looks at any field of
// them. Cluster, which knows our own kinds and keeps only what is read of them, is another file.
import type { RawObject } from '../api/kinds.ts'
import type { Client } from './client.ts'
import { Outages } from './outages.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf, type Resource } from './resources.ts'
import { Store } from './store.ts'
import { type Sink, type Watched, watch } from './watch.ts'

export interface RawKind extends Pick<Resource, 'apiVersion' | 'plural'> {
  readonly kind: string
  /** Absent: a kind that has none. */
  readonly namespace?: string
  readonly labelSelector?: string
  /** Only the one of this name; to read it by name is all the right that it takes. */
  readonly only?: string
}

export interface RawCopiesOptions {
  readonly client: Client
  readonly kinds: readonly RawKind[]
  /** What nobody needs is not kept. */
  readonly slim: (object: RawObject) => RawObject
  readonly onChange: () => void
  /** The API server cannot be reached, or refuses something. Told once. */
  readonly onError: (error: Error) => void
  readonly onRecovered?: (sentence: string) => void
}

export function openRawCopies(options: RawCopiesOptions): RawCopies {
  return new RawCopies(options)
}

export class RawCopies implements AsyncDisposable {
  /** All of every kind has been listed once. */
  readonly ready: Promise<void>
  readonly #options: RawCopiesOptions
  readonly #stores = new Map<string, Store<RawObject>>()
  readonly #outages: Outages
  readonly #stop = new AbortController()
  readonly #watches: readonly Promise<void>[]
  #isReady = false

  constructor(options: RawCopiesOptions) {
    this.#options = options
    this.#outages = new Outages(options)
    const started = options.kinds.map((kind) => this.#start(kind))
    this.#watches = started.map(({ watching }) => watching)
    this.ready = Promise.all(started.map(({ synced }) => synced)).then(() => {
      this.#isReady = true
      options.onChange()
    })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  all(kind: string): RawObject[] {
    const store = this.#stores.get(kind)
    return store ? [...store.keys()].sort().map((key) => store.get(key)!) : []
  }

  /** The answer to a write of ours: it is newer than what the watch has told so far. */
  wrote(object: ListedObject): void {
    const whole = this.#options.slim(object)
    this.#stores.get(object.kind)?.wrote(keyIn(object), versionOf(object), whole)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#watches)
  }

  #start(kind: RawKind): { watching: Promise<void>; synced: Promise<void> } {
    const { client } = this.#options
    const store = new Store<RawObject>()
    this.#stores.set(kind.kind, store)
    const synced = Promise.withResolvers<void>()
    const sink = this.#sinkOf(kind, store, synced.resolve)
    const { signal } = this.#stop
    return {
      watching: watch({ client, watched: watchedOf(kind), sink, signal }),
      synced: synced.promise,
    }
  }

  #sinkOf(of: RawKind, store: Store<RawObject>, synced: () => void): Sink {
    const { apiVersion, kind, plural } = of
    const { slim, onChange } = this.#options
    let isDirty = false
    return {
      begin: () => store.begin(),
      put: (object) => {
        if (!store.isNews(keyIn(object), versionOf(object))) return
        // The items of a list do not say what they are.
        store.put(keyIn(object), versionOf(object), slim({ ...object, apiVersion, kind }))
        isDirty = true
      },
      remove: (object) => {
        isDirty = store.remove(keyIn(object), versionOf(object)) !== undefined || isDirty
      },
      sweep: () => {
        isDirty = store.sweep().length > 0 || isDirty
      },
      synced,
      flush: () => {
        if (!isDirty) return
        isDirty = false
        if (this.#isReady) onChange()
      },
      failed: (failure) => void this.#outages.failed(plural, failure, performance.now()),
      recovered: () => {
        if (this.#outages.recovered(plural) && this.#isReady) onChange()
      },
    }
  }
}

const keyIn = ({ metadata: { namespace = '', name } }: RawObject): string => `${namespace}/${name}`
const versionOf = ({ metadata }: ListedObject): string => metadata.resourceVersion ?? ''

const watchedOf = ({ namespace, labelSelector, only, ...resource }: RawKind): Watched => ({
  path: pathOf(resource, { namespace }),
  ...(labelSelector === undefined ? {} : { labelSelector }),
  ...(only === undefined ? {} : { fieldSelector: `metadata.name=${only}` }),
})
