// Events on objects, for `kubectl describe`. Sent beside the passes, one after the other: nobody waits
// for them, and when the API server is slow or away the oldest are lost, not the newest.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isStatus } from './api-error.ts'
import type { Client } from './client.ts'
import { type Entry, EventBook, type Told } from './event-book.ts'
import { backoffMs } from './reflect.ts'
import { pathOf } from './resources.ts'

export interface EventOptions {
  readonly client: Client
  /** As users know it: `metallb-controller`, `metallb-speaker`. */
  readonly component: string
  /** The node, of a speaker. */
  readonly host?: string
  /** How long to go on at the end, for what is still to be sent. */
  readonly lingerMs?: number
  /** Events could not be sent; told once until they can. */
  readonly onError: (error: Error) => void
}

export interface EventCounts {
  readonly sent: number
  /** More than an object may have. */
  readonly dropped: number
  /** Not sent, because the API server did not take them in time. */
  readonly lost: number
}

const RESOURCE = { apiVersion: 'v1', plural: 'events' }
const QUEUE_MAX = 1_000
/** Attempts, when the connection or the server fails; then it is lost. */
const ATTEMPTS = 12
const TIMEOUT_MS = 10_000
const LINGER_MS = 2_000

export function openEvents(options: EventOptions): Events {
  return new Events(options)
}

export class Events implements AsyncDisposable {
  readonly #options: EventOptions
  readonly #book = new EventBook(randomBytes(4).toString('hex'))
  readonly #queue: Told[] = []
  readonly #stop = new AbortController()
  #sending: Promise<void> | undefined
  #counts = { sent: 0, dropped: 0, lost: 0 }
  #isTold = false

  constructor(options: EventOptions) {
    this.#options = options
  }

  get counts(): EventCounts {
    return this.#counts
  }

  record(told: Told): void {
    if (this.#stop.signal.aborted) return
    this.#queue.push(told)
    if (this.#queue.length > QUEUE_MAX) {
      this.#queue.shift()
      this.#counts.lost++
    }
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  /** Sends what is left, but does not wait long for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { lingerMs = LINGER_MS } = this.#options
    const timer = setTimeout(() => this.#stop.abort(), lingerMs)
    await this.#sending
    clearTimeout(timer)
    this.#stop.abort()
  }

  async #sendAll(): Promise<void> {
    for (let told = this.#queue.shift(); told; told = this.#queue.shift()) {
      if (this.#stop.signal.aborted) this.#counts.lost++
      else await this.#send(told)
    }
  }

  async #send(told: Told): Promise<void> {
    const ruling = this.#book.rule(told, Date.now())
    if (ruling.kind === 'drop') {
      this.#counts.dropped++
      return
    }
    const { entry } = ruling
    try {
      await this.#persist(() => this.#write(ruling.kind, entry))
      this.#counts.sent++
      this.#isTold = false
    } catch (error) {
      this.#book.forget(entry)
      this.#counts.lost++
      this.#tell(error as Error)
    }
  }

  async #write(kind: 'create' | 'count', entry: Entry): Promise<void> {
    const { client } = this.#options
    const { namespace } = entry.involved
    const limits = { timeoutMs: TIMEOUT_MS, signal: this.#stop.signal }
    const create = () =>
      client.request({
        ...{ method: 'POST', path: pathOf(RESOURCE, { namespace }), ...limits },
        body: this.#object(entry),
      })
    if (kind === 'create') {
      // It exists: an attempt before went through, only its answer was lost.
      await create().catch((error: unknown) => ignore(error, 409))
      return
    }
    const { count, message } = entry
    const body = { count, message, lastTimestamp: timeOf(entry.last) }
    const path = pathOf(RESOURCE, { namespace, name: entry.name })
    try {
      await client.request({ ...{ method: 'PATCH', path, patch: 'merge', body }, ...limits })
    } catch (error) {
      ignore(error, 404)
      // Events are removed after an hour. It is told again, with all it counted.
      await create()
    }
  }

  #object(entry: Entry) {
    const { component, host } = this.#options
    const { involved, type, reason, message, name, count, first, last } = entry
    const apiVersion = 'v1'
    return {
      ...{ apiVersion, kind: 'Event', metadata: { name, namespace: involved.namespace } },
      ...{ involvedObject: { apiVersion, ...involved }, type, reason, message, count },
      ...{ source: { component, ...(host ? { host } : {}) }, reportingComponent: component },
      ...{ reportingInstance: host ?? '' },
      ...{ firstTimestamp: timeOf(first), lastTimestamp: timeOf(last) },
    }
  }

  /** What the server refuses for good is not tried again. */
  async #persist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await work()
        return
      } catch (error) {
        if (isRefused(error) || attempt === ATTEMPTS || this.#stop.signal.aborted) throw error
        const { signal } = this.#stop
        await delay(backoffMs(attempt, Math.random()), undefined, { signal })
      }
    }
  }

  #tell(error: Error): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#options.onError(new Error('cannot send events', { cause: error }))
  }
}

const isRefused = (error: unknown): boolean => isStatus(error, 400, 401, 403, 404, 422)

function ignore(error: unknown, status: number): void {
  if (!isStatus(error, status)) throw error
}

/** Kubernetes' Time: whole seconds. */
const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
