// The addresses of the Pods that a label selector finds in one namespace, kept up to date: of those that
// run. Who gossips needs nothing else of a Pod, so nothing else of it is kept.
import type { Client } from './client.ts'
import type { ListedObject } from './reflect.ts'
import { Refusals } from './refusals.ts'
import { pathOf } from './resources.ts'
import { type Sink, type WatchFailure, watch } from './watch.ts'

export interface WatchPodsOptions {
  readonly client: Client
  readonly namespace: string
  readonly labelSelector: string
  readonly signal: AbortSignal
  /** Sorted; called once all are known, and whenever they are others. */
  readonly onChange: (addresses: readonly string[]) => void
  /** A right is missing, or the selector is none. Told once; that the server is away is for others to say. */
  readonly onRefused: (error: Error) => void
}

export async function watchPods(options: WatchPodsOptions): Promise<void> {
  const { client, namespace, labelSelector, signal } = options
  const path = pathOf({ apiVersion: 'v1', plural: 'pods' }, { namespace })
  await watch({ client, watched: { path, labelSelector }, sink: new PodSink(options), signal })
}

interface Pod extends ListedObject {
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly hostIP?: string
  }
}

/** Of the node's network a Pod may be told with its host's address alone. */
function addressOf({ status }: Pod): string | undefined {
  if (status?.phase !== 'Running') return undefined
  return status.podIP || status.hostIP || undefined
}

class PodSink implements Sink {
  readonly #options: WatchPodsOptions
  readonly #refusals: Refusals
  /** By name; absent: it does not run. */
  readonly #addresses = new Map<string, string | undefined>()
  #listed = new Set<string>()
  #isKnown = false
  #told: string | undefined

  constructor(options: WatchPodsOptions) {
    this.#options = options
    this.#refusals = new Refusals(options.onRefused)
  }

  begin(): void {
    this.#listed = new Set()
  }

  put(pod: ListedObject): void {
    const { name } = pod.metadata
    this.#listed.add(name)
    this.#addresses.set(name, addressOf(pod))
  }

  remove({ metadata }: ListedObject): void {
    this.#addresses.delete(metadata.name)
  }

  sweep(): void {
    for (const name of this.#addresses.keys()) {
      if (!this.#listed.has(name)) this.#addresses.delete(name)
    }
  }

  synced(): void {
    this.#isKnown = true
  }

  flush(): void {
    if (!this.#isKnown) return
    const running = [...this.#addresses.values()].filter((address) => address !== undefined)
    const addresses = [...new Set(running)].sort()
    const text = addresses.join()
    if (text === this.#told) return
    this.#told = text
    this.#options.onChange(addresses)
  }

  failed(failure: WatchFailure): void {
    this.#refusals.failed(failure)
  }

  recovered(): void {
    this.#refusals.recovered()
  }
}
