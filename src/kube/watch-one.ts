// One object by its name, watched: what it says now, or that it is not there. Asked for by field
// selector, which RBAC takes for the name: a right on that one object is enough.
import type { Client } from './client.ts'
import type { ListedObject } from './reflect.ts'
import { Refusals } from './refusals.ts'
import { pathOf, type Resource } from './resources.ts'
import { type Sink, type WatchFailure, watch } from './watch.ts'

export interface OneObject {
  readonly resource: Pick<Resource, 'apiVersion' | 'plural'>
  /** Absent: of a kind that has none. */
  readonly namespace?: string
  readonly name: string
}

export interface WatchOneOptions {
  readonly client: Client
  readonly one: OneObject
  readonly signal: AbortSignal
  /** Called once all is known, and at each change; without an object there is none. */
  readonly onChange: (object: ListedObject | undefined) => void
  /** A right is missing. Told once; that the server is away is for others to say. */
  readonly onRefused: (error: Error) => void
}

export async function watchOne(options: WatchOneOptions): Promise<void> {
  const { client, one, signal } = options
  const watched = {
    path: pathOf(one.resource, { namespace: one.namespace }),
    fieldSelector: `metadata.name=${one.name}`,
  }
  await watch({ client, watched, sink: new OneSink(options), signal })
}

class OneSink implements Sink {
  readonly #options: WatchOneOptions
  readonly #refusals: Refusals
  #object: ListedObject | undefined
  #isListed = false
  #isKnown = false
  #isTold = true

  constructor(options: WatchOneOptions) {
    this.#options = options
    this.#refusals = new Refusals(options.onRefused)
  }

  begin(): void {
    this.#isListed = false
  }

  put(object: ListedObject): void {
    this.#isListed = true
    this.#change(object)
  }

  remove(): void {
    this.#change(undefined)
  }

  sweep(): void {
    if (!this.#isListed && this.#object) this.#change(undefined)
  }

  synced(): void {
    this.#isKnown = true
    this.#isTold = false
  }

  flush(): void {
    if (this.#isTold || !this.#isKnown) return
    this.#isTold = true
    this.#options.onChange(this.#object)
  }

  failed(failure: WatchFailure): void {
    this.#refusals.failed(failure)
  }

  recovered(): void {
    this.#refusals.recovered()
  }

  #change(object: ListedObject | undefined): void {
    this.#object = object
    this.#isTold = false
  }
}
