// The status objects of one kind that carry our labels are exactly those we want: made, mended and
// removed, also when somebody else changes them. Only a difference to what stands there is written.
import { isDeepStrictEqual } from 'node:util'
import type { RawObject } from '../api/kinds.ts'
import { describe } from '../describe.ts'
import { Loop } from '../reconciler/loop.ts'
import { ApiError, isStatus } from './api-error.ts'
import { forEachAtOnce } from './at-once.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf, type Resource } from './resources.ts'
import type { StatusObject } from './source.ts'
import { Store } from './store.ts'
import { type Sink, type WatchFailure, watch } from './watch.ts'
import { removeObject, send, type Writing } from './write.ts'

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

export interface MirrorOptions extends Writing {
  readonly resource: Resource
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** Whose end is theirs, too. */
  readonly owner: () => Promise<OwnerReference | undefined>
  /** Where the kind is not installed, or not ours to read, nothing is written, and nobody waits. */
  readonly isOptional?: boolean
  /** What cannot be read or written: told each time, and when it can again. */
  readonly trouble: Trouble
}

/** `what` is the kind in the plural, `…/status` when it is about writing. */
export interface Trouble {
  failed(what: string, failure: WatchFailure): void
  recovered(what: string): void
  expired(what: string, message: string): void
}

interface Standing extends RawObject {
  readonly metadata: RawObject['metadata'] & {
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReference[]
  }
  readonly status?: Readonly<Record<string, unknown>>
}

const AT_ONCE = 8
/** For the first look at what stands there. */
const FIRST_LOOK_MS = 30_000

export class StatusMirror implements AsyncDisposable {
  readonly #options: MirrorOptions
  readonly #store = new Store<Standing>()
  readonly #stop = new AbortController()
  #isSynced = false
  /** Only of an optional kind. */
  #isRefused = false
  readonly #synced = Promise.withResolvers<void>()
  readonly #watching: Promise<void>
  readonly #mending: Promise<void>
  readonly #mender: Loop
  #wanted: ReadonlyMap<string, StatusObject> | undefined
  /** What was found equal, and to which object: the very same two need no look. */
  readonly #equal = new Map<string, readonly [StatusObject, Standing]>()
  #turn: Promise<void> = Promise.resolve()

  constructor(options: MirrorOptions) {
    this.#options = options
    const { client, resource, namespace, labels, trouble } = options
    const writing = `${resource.plural}/status`
    const { signal } = this.#stop
    this.#mender = new Loop({
      signal,
      // Who does not lead watches another's work: to mend that would be to fight.
      pass: async () => {
        if (options.fence.leftMs() > 0) await this.#inTurn()
        trouble.recovered(writing)
      },
      onFailure: ({ error, attempt }) => {
        const message = `cannot mend a ${resource.kind}: ${describe(error)}`
        trouble.failed(writing, { message, failures: attempt, ...statusOf(error) })
      },
    })
    this.#mending = this.#mender.run()
    const labelSelector = printLabels(labels)
    const watched = { path: pathOf(resource, { namespace }), labelSelector }
    this.#watching = watch({ client, watched, sink: this.#sink(), signal })
  }

  /** Resolves when they stand. */
  async write(wanted: readonly StatusObject[]): Promise<void> {
    this.#wanted = new Map(wanted.map((one) => [one.metadata.name, one]))
    await this.#firstLook()
    await this.#inTurn()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all([this.#watching, this.#mending])
  }

  async #firstLook(): Promise<void> {
    if (this.#isSynced) return
    const { resource } = this.#options
    const limit = AbortSignal.timeout(FIRST_LOOK_MS)
    const late = new Promise<never>((_, reject) => {
      const complain = () => reject(new Error(`no ${resource.plural} could be read yet`))
      AbortSignal.any([limit, this.#stop.signal]).addEventListener('abort', complain)
    })
    await Promise.race([this.#synced.promise, late])
  }

  /** One at a time, or two would make the same object. */
  #inTurn(): Promise<void> {
    const turn = this.#turn.then(() => this.#match())
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #match(): Promise<void> {
    const wanted = this.#wanted
    // Before the first look everything would seem to be missing.
    if (!wanted || !this.#isSynced || this.#isRefused) return
    const stale = [...this.#store.keys()].filter((name) => !wanted.has(name))
    const wrong = [...wanted.values()].filter((one) => !this.#isEqual(one))
    if (stale.length + wrong.length === 0) return
    const owner = await this.#options.owner()
    await forEachAtOnce(stale, AT_ONCE, (name) => this.#remove(name))
    await forEachAtOnce(wrong, AT_ONCE, (one) => this.#write(one, owner))
  }

  #isEqual(wanted: StatusObject): boolean {
    const { name } = wanted.metadata
    const standing = this.#store.get(name)
    if (!standing) return false
    const known = this.#equal.get(name)
    return known?.[0] === wanted && known[1] === standing
  }

  async #write(wanted: StatusObject, owner: OwnerReference | undefined): Promise<void> {
    const { name } = wanted.metadata
    const metadata = { ...wanted.metadata, ...(owner ? { ownerReferences: [owner] } : {}) }
    let standing = this.#store.get(name) ?? (await this.#create({ ...wanted, metadata }))
    if (!hasMetadata(standing, metadata)) {
      const { labels, ownerReferences } = metadata as Standing['metadata']
      standing = await this.#patch(name, { metadata: { labels, ownerReferences } })
    }
    const patch = differenceOf(standing.status ?? {}, wanted.status as object)
    if (patch) standing = await this.#patch(name, { status: patch }, 'status')
    // What we wrote, and not what stands now: somebody may have been there since.
    this.#equal.set(name, [wanted, standing])
  }

  async #create(object: object & Pick<StatusObject, 'metadata'>): Promise<Standing> {
    const { resource, namespace } = this.#options
    const { status: _status, ...body } = object as Standing
    const path = pathOf(resource, { namespace })
    try {
      const created = await send<Standing>(this.#options, { method: 'POST', path, body })
      return this.#wrote(created)
    } catch (error) {
      // It stands there, only without our labels: somebody took them off.
      if (!isStatus(error, 409)) throw error
      const { name } = object.metadata
      const standing = pathOf(resource, { namespace, name })
      return await send<Standing>(this.#options, { method: 'GET', path: standing })
    }
  }

  async #patch(name: string, body: object, subresource?: 'status'): Promise<Standing> {
    const { resource, namespace } = this.#options
    const path = pathOf(resource, { namespace, name, ...(subresource ? { subresource } : {}) })
    const patch = 'merge'
    return this.#wrote(await send<Standing>(this.#options, { method: 'PATCH', path, patch, body }))
  }

  async #remove(name: string): Promise<void> {
    const { resource, namespace } = this.#options
    const uid = this.#store.get(name)?.metadata.uid
    const path = pathOf(resource, { namespace, name })
    await removeObject(this.#options, path, uid)
    this.#store.remove(name, undefined)
    this.#equal.delete(name)
  }

  #wrote(answer: Standing): Standing {
    const object = standingOf(answer)
    const { name, resourceVersion = '' } = object.metadata
    this.#store.wrote(name, resourceVersion, object)
    return object
  }

  #sink(): Sink {
    const store = this.#store
    const { trouble, resource, isOptional = false } = this.#options
    const { plural } = resource
    const allowed = () => {
      this.#isRefused = false
      this.#mender.markDirty()
    }
    return {
      begin: () => store.begin(),
      put: (object: ListedObject) => {
        const { name, resourceVersion = '' } = object.metadata
        if (!store.isNews(name, resourceVersion)) return
        store.put(name, resourceVersion, standingOf(object))
        this.#mender.markDirty()
      },
      remove: ({ metadata }: ListedObject) => {
        if (store.remove(metadata.name, metadata.resourceVersion)) this.#mender.markDirty()
      },
      sweep: () => {
        store.sweep()
        this.#mender.markDirty()
      },
      synced: () => {
        this.#isSynced = true
        this.#synced.resolve()
        allowed()
      },
      flush: () => {},
      failed: (failure) => {
        if (isOptional && (failure.status === 403 || failure.status === 404)) {
          this.#isRefused = true
          this.#synced.resolve()
        }
        trouble.failed(plural, failure)
      },
      recovered: () => {
        trouble.recovered(plural)
        allowed()
      },
      expired: (message) => trouble.expired(plural, message),
    }
  }
}

/** Of many writes the first that failed speaks for all. */
function statusOf(error: unknown): { status?: number } {
  if (error instanceof ApiError) return { status: error.status }
  return error instanceof Error && error.cause ? statusOf(error.cause) : {}
}

/** What is compared; of thousands of objects the rest would be most of the memory. */
function standingOf({
  apiVersion,
  kind,
  metadata,
  status,
}: RawObject & { status?: unknown }): Standing {
  const { name, namespace, uid, resourceVersion, labels, ownerReferences } =
    metadata as Standing['metadata']
  const kept = { name, namespace, uid, resourceVersion, labels, ownerReferences }
  return { apiVersion, kind, metadata: kept, status } as Standing
}

const printLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join()

function hasMetadata({ metadata }: Standing, wanted: object): boolean {
  const { labels = {}, ownerReferences } = wanted as Standing['metadata']
  const hasLabels = Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)
  if (!ownerReferences) return hasLabels
  const uids = (metadata.ownerReferences ?? []).map(({ uid }) => uid)
  return hasLabels && isDeepStrictEqual(uids, [ownerReferences[0]?.uid])
}

/** A merge patch that makes one status of the other, or nothing when they say the same. */
export function differenceOf(standing: object, wanted: object): object | undefined {
  if (isDeepStrictEqual(timeless(standing), timeless(wanted))) return undefined
  const gone = Object.keys(standing).filter((key) => !(key in wanted))
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...wanted }
}

/** A condition that came about anew with each start of ours would be written at each. */
function timeless(status: object): object {
  const { conditions, ...rest } = status as { conditions?: readonly object[] }
  if (!conditions) return rest
  const bare = conditions.map((one) => ({ ...one, lastTransitionTime: '' }))
  return { ...rest, conditions: bare }
}
