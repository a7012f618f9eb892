// The addresses of the Pods that a selector of labels matches, as they come and go: whom a speaker may
// gossip with. Apart from the cluster's objects, because no plan looks at them.
import type { Client } from './client.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf } from './resources.ts'
import { type Sink, type WatchFailure, watch } from './watch.ts'

export interface PodAddressesOptions {
  readonly client: Client
  readonly namespace: string
  /** As in `kubectl get pods -l`. */
  readonly labels: string
  /** Sorted, each once; for the first time when all are known. */
  readonly onChange: (addresses: readonly string[]) => void
  /** Told at the first failure of a row. */
  readonly onError: (error: Error) => void
}

const PODS = { apiVersion: 'v1', plural: 'pods' }

type Pod = ListedObject & {
  readonly status?: { readonly podIP?: string; readonly phase?: string }
}

export function watchPodAddresses(options: PodAddressesOptions): AsyncDisposable {
  const { client, namespace, labels: labelSelector } = options
  const stop = new AbortController()
  const watching = watch({
    client,
    watched: { path: pathOf(PODS, { namespace }), labelSelector },
    sink: new AddressSink(options),
    signal: stop.signal,
  })
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await watching
    },
  }
}

class AddressSink implements Sink {
  readonly #options: PodAddressesOptions
  readonly #byPod = new Map<string, string>()
  #listed = new Set<string>()
  #isSynced = false
  #told: string | undefined

  constructor(options: PodAddressesOptions) {
    this.#options = options
  }

  begin(): void {
    this.#listed = new Set()
  }

  put(pod: ListedObject): void {
    const { name } = pod.metadata
    const { podIP, phase } = (pod as Pod).status ?? {}
    this.#listed.add(name)
    // What has ended keeps its address on paper, and somebody else may have it by now.
    const hasEnded = phase === 'Succeeded' || phase === 'Failed'
    if (podIP && !hasEnded) this.#byPod.set(name, podIP)
    else this.#byPod.delete(name)
  }

  remove({ metadata }: ListedObject): void {
    this.#byPod.delete(metadata.name)
  }

  sweep(): void {
    for (const name of this.#byPod.keys()) if (!this.#listed.has(name)) this.#byPod.delete(name)
    this.#tell()
  }

  synced(): void {
    this.#isSynced = true
    this.#tell()
  }

  flush(): void {
    this.#tell()
  }

  failed({ message, failures }: WatchFailure): void {
    if (failures === 1)
      this.#options.onError(new Error(`cannot read the Pods of speakers: ${message}`))
  }

  recovered(): void {}

  #tell(): void {
    if (!this.#isSynced) return
    const addresses = [...new Set(this.#byPod.values())].sort()
    if (addresses.join() === this.#told) return
    this.#told = addresses.join()
    this.#options.onChange(addresses)
  }
}
