// Which node says that it answers for which Service on layer 2: every ServiceL2Status of our namespace,
// as the API server tells of it. Apart from the copy that our own statuses are written by: what we wrote
// and nobody has confirmed is not what the other nodes decide on.
import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { GROUP } from '../api/kinds.ts'
import type { Holders } from '../reconciler/ownership.ts'
import { isStatus } from './api-error.ts'
import type { Client } from './client.ts'
import type { ListedObject } from './reflect.ts'
import { Refusals } from './refusals.ts'
import { pathOf, RESOURCES } from './resources.ts'
import { type Sink, type WatchFailure, watch } from './watch.ts'

export interface HoldersOptions {
  readonly client: Client
  /** Of our statuses. */
  readonly namespace: string
  /** A right is missing, or the kind. Told once; that the server is away is for others to say. */
  readonly onRefused: (error: Error) => void
}

export interface HoldersWatch extends AsyncDisposable {
  /** The very same value while nothing is different; undefined until all is known. */
  known(): Holders | undefined
  /**
   * Asks for all of it anew, over another connection: the one that tells of changes may take as long
   * to come back to life as the network was away.
   */
  refresh(): void
  on(event: 'change', listener: () => void): unknown
}

export function watchHolders(options: HoldersOptions): HoldersWatch {
  return new Watching(options)
}

class Watching extends EventEmitter<{ change: [] }> implements HoldersWatch {
  readonly #options: HoldersOptions
  readonly #holdings: Holdings
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #turn = new AbortController()

  constructor(options: HoldersOptions) {
    super()
    this.#options = options
    const { onRefused } = options
    this.#holdings = new Holdings({ onRefused, onChange: () => this.emit('change') })
    this.#running = this.#run()
  }

  known(): Holders | undefined {
    return this.#holdings.known()
  }

  refresh(): void {
    this.#turn.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { client, namespace } = this.#options
    const watched = { path: pathOf(RESOURCES.ServiceL2Status, { namespace }) }
    while (!this.#stop.signal.aborted) {
      this.#turn = new AbortController()
      const signal = AbortSignal.any([this.#stop.signal, this.#turn.signal])
      await watch({ client, watched, sink: this.#holdings, signal })
    }
  }
}

const PAGE = 500

/** As they stand at this moment; undefined where the reader may not see them, or nobody writes any. */
export async function listHolders(options: {
  readonly client: Client
  readonly namespace: string
  readonly signal: AbortSignal
}): Promise<Holders | undefined> {
  const { client, namespace, signal } = options
  const path = pathOf(RESOURCES.ServiceL2Status, { namespace })
  const holdings: Holding[] = []
  let next: string | undefined
  try {
    do {
      const query = { limit: PAGE, continue: next }
      const list = await client.request<StatusList>({ path, query, signal })
      holdings.push(...list.items.flatMap((one) => holdingOf(one) ?? []))
      next = list.metadata.continue || undefined
    } while (next !== undefined)
  } catch (error) {
    if (isStatus(error, 403) || isStatus(error, 404)) return undefined
    throw error
  }
  return byService(holdings)
}

interface StatusList {
  readonly metadata: { readonly continue?: string }
  readonly items: readonly ListedObject[]
}

interface Holding {
  readonly service: string
  readonly node: string
  /** The status' version: whole numbers that only grow, where the time of creation is in seconds. */
  readonly since: number
}

/** What a status says; its labels are there before it is. */
export function holdingOf(object: ListedObject): Holding | undefined {
  const { metadata, status = {} } = object as StatusObject
  const labels = metadata.labels ?? {}
  const node = labels[`${GROUP}/node`] ?? status.node
  const name = labels[`${GROUP}/service-name`] ?? status.serviceName
  const namespace = labels[`${GROUP}/service-namespace`] ?? status.serviceNamespace
  if (!node || !name || !namespace) return undefined
  const since = Number(metadata.resourceVersion ?? 0)
  return { service: `${namespace}/${name}`, node, since: Number.isNaN(since) ? 0 : since }
}

type Texts = Readonly<Record<string, string | undefined>>
type StatusObject = ListedObject & {
  readonly metadata: { readonly labels?: Texts }
  readonly status?: Texts
}

interface HoldingsOptions extends Pick<HoldersOptions, 'onRefused'> {
  readonly onChange: () => void
}

/** What the watch told, by the name of the status. */
class Holdings implements Sink {
  readonly #onChange: () => void
  readonly #refusals: Refusals
  readonly #byName = new Map<string, Holding>()
  #listed = new Set<string>()
  #isKnown = false
  #isTold = true
  #known: Holders | undefined

  constructor({ onChange, onRefused }: HoldingsOptions) {
    this.#onChange = onChange
    this.#refusals = new Refusals(onRefused)
  }

  known(): Holders | undefined {
    if (!this.#isKnown) return undefined
    this.#known ??= byService(this.#byName.values())
    return this.#known
  }

  begin(): void {
    this.#listed = new Set()
  }

  put(object: ListedObject): void {
    const { name } = object.metadata
    this.#listed.add(name)
    const holding = holdingOf(object)
    const before = this.#byName.get(name)
    if (isDeepStrictEqual(before, holding)) return
    if (holding) this.#byName.set(name, holding)
    else this.#byName.delete(name)
    this.#touch()
  }

  remove({ metadata }: ListedObject): void {
    this.#forget(metadata.name)
  }

  sweep(): void {
    for (const name of this.#byName.keys()) if (!this.#listed.has(name)) this.#forget(name)
  }

  synced(): void {
    if (this.#isKnown) return
    this.#isKnown = true
    this.#touch()
  }

  flush(): void {
    if (this.#isTold || !this.#isKnown) return
    this.#isTold = true
    this.#onChange()
  }

  failed(failure: WatchFailure): void {
    this.#refusals.failed(failure)
    // Where the kind is not installed nobody can say anything, on no node.
    if (failure.status === 404) this.synced()
  }

  recovered(): void {
    this.#refusals.recovered()
  }

  #forget(name: string): void {
    if (this.#byName.delete(name)) this.#touch()
  }

  #touch(): void {
    this.#known = undefined
    this.#isTold = false
  }
}

function byService(holdings: Iterable<Holding>): Holders {
  const holders = new Map<string, Map<string, number>>()
  for (const { service, node, since } of holdings) {
    const nodes = holders.get(service) ?? new Map<string, number>()
    holders.set(service, nodes)
    nodes.set(node, Math.min(since, nodes.get(node) ?? since))
  }
  return holders
}
