// The objects of a Kubernetes cluster, kept up to date by a watch per kind, and statuses written back.
// When the API server is away, what was known stays; everything reconnects by itself.
import assert from 'node:assert/strict'
import { SERVICE_NAME_LABEL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import type { AnyObject, RawObject } from '../api/kinds.ts'
import { METALLB_NAME } from '../api/metallb.ts'
import { OWN_KINDS } from '../config/objects.ts'
import type { Problem } from '../config/problem.ts'
import { isStatus } from './api-error.ts'
import { forEachAtOnce } from './at-once.ts'
import type { Client } from './client.ts'
import { KindCopy } from './kind-copy.ts'
import { Outages } from './outages.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf, RESOURCES, type ServedKind, type StatusKind } from './resources.ts'
import { removeRivalsOf, type Taken } from './rivals.ts'
import { SliceIndex } from './slice-index.ts'
import type { Change, PoolCounters, ServiceWrite, Source, StatusObject } from './source.ts'
import { type OwnerReference, StatusMirror, type Trouble } from './status-mirror.ts'
import { type Sink, type Watched, watch } from './watch.ts'
import { type Fence, NO_FENCE, writePool, writeService } from './write.ts'

export interface ClusterOptions {
  readonly client: Client
  readonly role: 'controller' | 'speaker'
  /** Of our configuration and statuses. */
  readonly namespace: string
  /** Our own Pod: when it goes, the statuses go that it wrote. */
  readonly podName?: string
  /** Objects to a page of a list. */
  readonly pageSize?: number
  /** How long we may write; without one, always. */
  readonly fence?: Fence
  /** The API server cannot be reached, or refuses something. Told once. */
  readonly onError: (error: Error) => void
  /** One of these is over, and which. */
  readonly onRecovered?: (sentence: string) => void
  /** What is ordinary, for who wants to know all. */
  readonly onNote?: (sentence: string) => void
  /** Milliseconds of a clock that never jumps. */
  readonly clock?: () => number
}

/** Writes to Services at the same time; the API server works on more, but others use it too. */
const AT_ONCE = 32

/** What an installation of an older version does not know, and nobody misses: it is in the log, no more. */
const OPTIONAL: ReadonlySet<string> = new Set([RESOURCES.BGPSessionState.plural])

export function openCluster(options: ClusterOptions): Cluster {
  return new Cluster(options)
}

export class Cluster implements Source {
  readonly ready: Promise<void>
  readonly #options: ClusterOptions
  readonly #copies = new Map<ServedKind, KindCopy>()
  readonly #slices = new SliceIndex()
  readonly #outages: Outages
  readonly #mirrors = new Map<string, StatusMirror>()
  readonly #stop = new AbortController()
  readonly #watches: readonly Promise<void>[]
  /** What each pool's status says when nobody else writes it. */
  readonly #counters = new Map<string, PoolCounters>()
  #owner: OwnerReference | undefined
  #isReady = false
  #dirty: () => void = () => {}

  constructor(options: ClusterOptions) {
    this.#options = options
    this.#outages = new Outages(options)
    const started = kindsOf(options.role).map((kind) => this.#start(kind))
    this.#watches = started.map(({ watching }) => watching)
    this.ready = Promise.all(started.map(({ synced }) => synced)).then(() => {
      this.#isReady = true
    })
  }

  onChange(dirty: () => void): void {
    this.#dirty = dirty
  }

  takeChanges(): Change[] {
    assert(this.#isReady, 'a plan on half of the objects would take from the other half')
    const changes = [...this.#copies.values()].flatMap((copy) => copy.take())
    for (const { ref, object, problems } of changes) {
      // Only here: a pool that went and came back between two passes is the same pool to both.
      if (ref.kind === 'IPAddressPool' && !object && !problems) this.#counters.delete(ref.name)
    }
    return changes
  }

  problems(): readonly Problem[] {
    return this.#outages.problems().filter(({ name }) => !OPTIONAL.has(name))
  }

  away(): string | undefined {
    return this.#outages.away()
  }

  async writeServiceStatuses(writes: readonly ServiceWrite[]): Promise<void> {
    const copy = this.#copy('Service')
    await forEachAtOnce(writes, AT_ONCE, async (write) => {
      const service = copy.object(write.key) as Service | undefined
      // Not as it was planned on: the next pass is due already.
      if (!service || !copy.isTaken(write.key)) return
      const written = await writeService(this.#writing, service, write)
      if (written && copy.wrote(written)) this.#dirty()
    })
  }

  async writePoolStatus(name: string, counters: PoolCounters): Promise<void> {
    const { namespace } = this.#options
    const copy = this.#copy('IPAddressPool')
    const pool = copy.object(`${namespace}/${name}`) as WithStatus | undefined
    if (!pool) return
    const standing = { namespace, name, status: pool.status }
    // Before it is sent: the watch may tell of it before the answer does, and what is told there must
    // not be taken for somebody else's.
    this.#counters.set(name, counters)
    const written = await writePool(this.#writing, standing, counters)
    if (written) copy.wrote(written)
  }

  async writeStatusObjects(
    kind: string,
    labels: Readonly<Record<string, string>>,
    wanted: readonly StatusObject[],
  ): Promise<void> {
    await this.#mirror(kind as StatusKind, labels).write(wanted)
  }

  async removeRivals(kind: string, taken: Taken): Promise<void> {
    const { namespace } = this.#options
    const resource = RESOURCES[kind as StatusKind]
    await removeRivalsOf(this.#writing, { resource, namespace }, taken)
  }

  /** Kubernetes removes a status with its object. */
  async removeOrphans(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#dirty = () => {}
    const mirrors = [...this.#mirrors.values()].map((one) => one[Symbol.asyncDispose]())
    await Promise.all([...this.#watches, ...mirrors])
  }

  get #writing() {
    const { client, fence = NO_FENCE } = this.#options
    return { client, fence }
  }

  #copy(kind: ServedKind): KindCopy {
    const copy = this.#copies.get(kind)
    assert(copy, `${this.#options.role} does not read ${kind}`)
    return copy
  }

  #start(kind: ServedKind): { watching: Promise<void>; synced: Promise<void> } {
    const { client, namespace, pageSize } = this.#options
    const isNeeded = (change: Change) => this.#slices.isNeeded(change)
    const isWanted = kind === 'EndpointSlice' ? isNeeded : undefined
    const copy = new KindCopy(RESOURCES[kind], namespace, isWanted)
    this.#copies.set(kind, copy)
    const synced = Promise.withResolvers<void>()
    const sink = this.#sinkOf(kind, copy, synced.resolve)
    const watched = watchedOf(kind, namespace)
    const { signal } = this.#stop
    const paging = pageSize === undefined ? {} : { pageSize }
    const watching = watch({ client, watched, sink, signal, ...paging })
    return { watching, synced: synced.promise }
  }

  #sinkOf(kind: ServedKind, copy: KindCopy, synced: () => void): Sink {
    const { plural } = copy.resource
    return {
      begin: () => copy.begin(),
      put: (object) => this.#put(kind, copy, object),
      remove: (object) => this.#remove(kind, copy, object),
      sweep: () => this.#sweep(kind, copy),
      synced,
      flush: () => {
        if (copy.hasPending) this.#tellDirty()
      },
      failed: (failure) => {
        if (isDispensable(kind, failure.status)) synced()
        else this.#trouble.failed(plural, failure)
      },
      recovered: () => this.#trouble.recovered(plural),
      expired: (message) => this.#trouble.expired(plural, message),
    }
  }

  /** Of all that we read and mirror. */
  readonly #trouble: Trouble = {
    failed: (what, failure) => {
      const { clock = performance.now.bind(performance) } = this.#options
      if (this.#outages.failed(what, failure, clock())) this.#tellDirty()
    },
    recovered: (what) => {
      if (this.#outages.recovered(what)) this.#tellDirty()
    },
    expired: (what, message) => {
      this.#options.onNote?.(`${what} are listed anew: ${message}`)
    },
  }

  #tellDirty(): void {
    if (this.#isReady) this.#dirty()
  }

  #put(kind: ServedKind, copy: KindCopy, object: ListedObject): void {
    const change = copy.put(object)
    if (kind === 'IPAddressPool') this.#mendPool(object.metadata.name)
    if (change && kind === 'EndpointSlice') this.#slices.noteSlice(change)
    if (change && kind === 'Service') this.#noteService(change)
  }

  #remove(kind: ServedKind, copy: KindCopy, object: ListedObject): void {
    const last = copy.remove(object)
    if (last) this.#forget(kind, last)
  }

  #sweep(kind: ServedKind, copy: KindCopy): void {
    for (const last of copy.sweep()) this.#forget(kind, last)
  }

  #forget(kind: ServedKind, last: Change): void {
    if (kind === 'EndpointSlice') this.#slices.forgetSlice(last)
    if (kind === 'Service') this.#noteService({ ref: last.ref })
  }

  /** Somebody else wrote the status that is ours to write. */
  #mendPool(name: string): void {
    const counters = this.#counters.get(name)
    if (!counters || this.#writing.fence.leftMs() <= 0) return
    this.writePoolStatus(name, counters).catch(this.#options.onError)
  }

  #noteService(change: Change): void {
    const slices = this.#copies.get('EndpointSlice')
    for (const key of this.#slices.noteService(change)) slices?.retell(key)
  }

  #mirror(kind: StatusKind, labels: Readonly<Record<string, string>>): StatusMirror {
    const key = `${kind} ${JSON.stringify(labels)}`
    const known = this.#mirrors.get(key)
    if (known) return known
    const { namespace } = this.#options
    const trouble = this.#trouble
    const owner = () => this.#ownPod()
    const resource = RESOURCES[kind]
    const isOptional = OPTIONAL.has(resource.plural)
    const mirror = new StatusMirror({
      ...this.#writing,
      ...{ resource, namespace, labels, owner, trouble, isOptional },
    })
    this.#mirrors.set(key, mirror)
    return mirror
  }

  async #ownPod(): Promise<OwnerReference | undefined> {
    const { podName: name, namespace, client } = this.#options
    if (this.#owner || !name) return this.#owner
    const path = pathOf({ apiVersion: 'v1', plural: 'pods' }, { namespace, name })
    try {
      const { metadata } = await client.request<RawObject & { metadata: { uid: string } }>({ path })
      this.#owner = { apiVersion: 'v1', kind: 'Pod', name, uid: metadata.uid }
    } catch (error) {
      // Not a Pod of this cluster: started by hand, for a look.
      if (!isStatus(error, 404)) throw error
    }
    return this.#owner
  }
}

type WithStatus = AnyObject & { readonly status?: unknown }

/** What a role reads. */
export function kindsOf(role: ClusterOptions['role']): ServedKind[] {
  const ours: ServedKind[] = [...OWN_KINDS, 'Secret', 'ConfigMap', 'MetalLB']
  const both: ServedKind[] = ['Service', 'Node', 'Namespace', ...ours]
  return role === 'speaker' ? [...both, 'EndpointSlice'] : both
}

/**
 * A kind that may be missing without anybody being told. AddressPool: only who comes from an old MetalLB
 * has it; a 403 says nothing of that, an API server that just started gives it to everybody. MetalLB:
 * only who installs by it has it, and all we read there is a log level, for which there is a flag.
 */
export const isDispensable = (kind: ServedKind, status: number | undefined): boolean =>
  (status === 404 && kind === 'AddressPool') ||
  ((status === 404 || status === 403) && kind === 'MetalLB')

/** Where objects of a kind are read, and which of them. */
export function watchedOf(kind: ServedKind, ours: string): Watched {
  const everywhere = { path: pathOf(RESOURCES[kind]) }
  const here = { path: pathOf(RESOURCES[kind], { namespace: ours }) }
  switch (kind) {
    case 'Service':
    case 'Node':
    case 'Namespace':
      return everywhere
    case 'EndpointSlice':
      return { ...everywhere, labelSelector: SERVICE_NAME_LABEL }
    case 'MetalLB':
      return { ...here, fieldSelector: `metadata.name=${METALLB_NAME}` }
    case 'ConfigMap':
      return { ...here, fieldSelector: 'metadata.name=bgpextras' }
    case 'Secret':
      // Helm keeps whole releases in Secrets, a megabyte each.
      return { ...here, fieldSelector: 'type!=helm.sh/release.v1' }
    case 'IPAddressPool':
      return { ...here, exact: true }
    default:
      return here
  }
}
