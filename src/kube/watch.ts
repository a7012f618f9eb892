// Runs `reflect.ts` against the API server: one request at a time, for as long as the signal lets it.
// No failure ends it.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { describe } from '../describe.ts'
import { ApiError } from './api-error.ts'
import type { Client } from './client.ts'
import { parseExact } from './exact-json.ts'
import {
  type Doing,
  type ListedObject,
  type Page,
  type ReflectEffect,
  type ReflectEvent,
  type Reflection,
  readLine,
  reflection,
  step,
} from './reflect.ts'

export interface Watched {
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Whole numbers beyond 2^53 come as bigint. */
  readonly exact?: boolean
}

/** Who is told; in the order in which it happened. */
export interface Sink {
  begin(): void
  put(object: ListedObject): void
  remove(object: ListedObject): void
  sweep(): void
  synced(): void
  /** All that came together has been told. */
  flush(): void
  failed(failure: WatchFailure): void
  recovered(): void
  /** The server had forgotten where we were: all is listed anew. */
  expired?(message: string): void
}

export interface WatchFailure {
  readonly message: string
  /** Of HTTP; absent when nobody answered. */
  readonly status?: number
  /** In a row. */
  readonly failures: number
}

export interface WatchOptions {
  readonly client: Client
  readonly watched: Watched
  readonly sink: Sink
  readonly signal: AbortSignal
  readonly pageSize?: number
  /** After so long without a word the watch is opened anew. */
  readonly silenceMs?: number
  /** Resolves after this time; rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

const PAGE_SIZE = 500
const RECOVERY_MS = 1_000

export async function watch(options: WatchOptions): Promise<void> {
  const watcher = new Watcher(options)
  await watcher.run()
}

class Watcher {
  readonly #options: WatchOptions
  #state: Reflection

  constructor(options: WatchOptions) {
    this.#options = options
    this.#state = reflection(options.silenceMs)
  }

  async run(): Promise<void> {
    const { signal, sink } = this.#options
    let doing = this.#dispatch({ kind: 'start' })
    while (!signal.aborted) {
      assert(doing, 'every end of a request leads to another one')
      doing = await this.#do(doing)
      sink.flush()
    }
  }

  /** Returns what is to be done instead of what was being done, if anything is. */
  #dispatch(event: ReflectEvent): Doing | undefined {
    const at = { now: performance.now(), random: Math.random() }
    const [state, effects] = step(this.#state, event, at)
    this.#state = state
    let doing: Doing | undefined
    for (const effect of effects) doing = this.#tell(effect) ?? doing
    return doing
  }

  #tell(effect: ReflectEffect): Doing | undefined {
    const { sink } = this.#options
    switch (effect.kind) {
      case 'put':
      case 'remove':
        sink[effect.kind](effect.object)
        return undefined
      case 'begin':
      case 'sweep':
      case 'synced':
      case 'recovered':
        sink[effect.kind]()
        return undefined
      case 'failed':
        sink.failed(effect)
        return undefined
      case 'expired':
        sink.expired?.(effect.message)
        return undefined
      default:
        return effect
    }
  }

  async #do(doing: Doing): Promise<Doing | undefined> {
    const { signal } = this.#options
    try {
      switch (doing.kind) {
        case 'wait':
          return await this.#wait(doing.ms)
        case 'list':
          return this.#dispatch({ kind: 'page', page: await this.#list(doing) })
        case 'watch':
          return await this.#watch(doing)
      }
    } catch (error) {
      if (signal.aborted) return undefined
      return this.#dispatch(failureOf(error))
    }
  }

  async #wait(ms: number): Promise<Doing | undefined> {
    const { client, signal, pause = pauseFor } = this.#options
    const over = new AbortController()
    let sooner: Doing | undefined
    const forget = client.onBack(() => {
      sooner = this.#dispatch({ kind: 'back' })
      if (sooner) over.abort()
    })
    try {
      await pause(ms, AbortSignal.any([signal, over.signal]))
      return this.#dispatch({ kind: 'waited' })
    } catch (error) {
      if (sooner) return sooner
      throw error
    } finally {
      forget()
    }
  }

  async #list({ next, whole }: Doing & { kind: 'list' }): Promise<Page> {
    const { client, watched, signal, pageSize = PAGE_SIZE } = this.#options
    const { path, labelSelector, fieldSelector, exact = false } = watched
    const limit = whole ? undefined : pageSize
    // No resourceVersion: the answer is what stands at this moment, not what a cache remembers.
    const query = { labelSelector, fieldSelector, limit, continue: next }
    const list = await client.request<List>({ path, query, signal, exact })
    const { metadata, items } = list
    if (typeof metadata?.resourceVersion !== 'string' || !Array.isArray(items)) {
      throw new Error(`GET ${path}: the answer is no list`)
    }
    return {
      items,
      resourceVersion: metadata.resourceVersion,
      ...(metadata.continue ? { next: metadata.continue } : {}),
    }
  }

  async #watch(doing: Doing & { kind: 'watch' }): Promise<Doing | undefined> {
    const { client, watched, sink, signal } = this.#options
    const { path, labelSelector, fieldSelector, exact } = watched
    const { resourceVersion, timeoutSeconds } = doing
    const stop = new AbortController()
    let instead: Doing | undefined
    const { failures, silenceMs } = this.#state
    const rareMs = silenceMs / 10
    // Of a kind where nothing happens, only a tick tells that the trouble is over.
    const everyMs = failures > 0 ? Math.min(RECOVERY_MS, rareMs) : rareMs
    const ticker = setInterval(() => {
      instead = this.#dispatch({ kind: 'tick' })
      if (instead) stop.abort()
    }, everyMs)
    try {
      const query = {
        ...{ watch: 1, allowWatchBookmarks: true, labelSelector, fieldSelector },
        ...{ resourceVersion, timeoutSeconds },
      }
      const both = AbortSignal.any([signal, stop.signal])
      for await (const lines of client.lines({ path, query, signal: both })) {
        for (const line of lines) {
          instead = this.#dispatch(readLine(line, exact ? parseExact : JSON.parse))
          if (instead) return instead
        }
        sink.flush()
      }
      return instead ?? this.#dispatch({ kind: 'closed' })
    } catch (error) {
      // The silent connection complains of being cut; that was us.
      if (instead) return instead
      throw error
    } finally {
      clearInterval(ticker)
    }
  }
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal })

interface List {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly ListedObject[]
}

const failureOf = (error: unknown): ReflectEvent => ({
  kind: 'failed',
  message: describe(error),
  ...(error instanceof ApiError ? { refusal: error } : {}),
})
