// Runs `election.ts` on a Lease of the API server. Who leads may write as long as `leftMs` says; the
// rest of the time it keeps its copy of the cluster warm.
import { setTimeout as delay } from 'node:timers/promises'
import { isStatus } from './api-error.ts'
import type { Client } from './client.ts'
import {
  ELECTION_TIMES,
  type Election,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionTimes,
  type LeaseSpec,
  leftMs,
  type StandingLease,
  step,
} from './election.ts'
import { pathOf } from './resources.ts'
import type { Fence } from './write.ts'

export interface LeaseOptions {
  readonly client: Client
  readonly namespace: string
  readonly name: string
  /** Of this process: the Pod's name, unless two of them share it. */
  readonly identity: string
  readonly times?: ElectionTimes
  /** Called when this one leads, and when it does so no more. */
  readonly onChange: (isLeading: boolean) => void
  /** The Lease cannot be read or written; told once until it can. */
  readonly onError: (error: Error) => void
}

interface LeaseObject {
  readonly metadata: { readonly resourceVersion: string }
  readonly spec?: LeaseSpec
}

const RESOURCE = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' }

export function openLease(options: LeaseOptions): Lease {
  return new Lease(options)
}

export class Lease implements Fence, AsyncDisposable {
  readonly #options: LeaseOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #state: Election
  #isTold = false

  constructor(options: LeaseOptions) {
    const { identity, times = ELECTION_TIMES } = options
    this.#options = options
    this.#state = { identity, times }
    this.#running = this.#run()
  }

  get isLeading(): boolean {
    return this.leftMs() > 0
  }

  leftMs(): number {
    return leftMs(this.#state, performance.now())
  }

  /** Gives the Lease back; call it when nothing will be written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let effect = this.#dispatch({ kind: 'start' })
    while (!signal.aborted) effect = this.#dispatch(await this.#do(effect, signal))
    const last = this.#dispatch({ kind: 'stop' })
    if (last?.kind === 'write') this.#dispatch(await this.#do(last))
  }

  /** Returns what is to be done next; leading and losing are told on the way. */
  #dispatch(event: ElectionEvent): ElectionEffect | undefined {
    const now = performance.now()
    const at = { now, time: microTime(new Date()), random: Math.random() }
    const [state, effects] = step(this.#state, event, at)
    this.#state = state
    let next: ElectionEffect | undefined
    for (const effect of effects) {
      if (effect.kind === 'lead') this.#options.onChange(true)
      else if (effect.kind === 'lose') this.#options.onChange(false)
      else next = effect
    }
    return next
  }

  async #do(effect: ElectionEffect | undefined, signal?: AbortSignal): Promise<ElectionEvent> {
    try {
      const event = await this.#ask(effect, signal)
      if (event.kind !== 'waited') this.#isTold = false
      return event
    } catch (error) {
      if (isStatus(error, 409)) return { kind: 'conflict' }
      if (!signal?.aborted) this.#tell(error as Error)
      return { kind: 'failed' }
    }
  }

  async #ask(effect: ElectionEffect | undefined, signal?: AbortSignal): Promise<ElectionEvent> {
    // A write is never cut off: whether it counted would be anybody's guess.
    if (effect?.kind === 'write') return await this.#write(effect)
    if (effect?.kind === 'wait') {
      await delay(effect.ms, undefined, signal ? { signal } : {})
      return { kind: 'waited' }
    }
    return await this.#read(signal)
  }

  async #read(signal?: AbortSignal): Promise<ElectionEvent> {
    const { client, name, namespace } = this.#options
    const path = pathOf(RESOURCE, { namespace, name })
    try {
      const lease = await client.request<LeaseObject>({
        ...{ path, timeoutMs: this.#timeoutMs },
        ...(signal ? { signal } : {}),
      })
      return { kind: 'read', lease: standing(lease) }
    } catch (error) {
      if (isStatus(error, 404)) return { kind: 'read' }
      throw error
    }
  }

  async #write({
    spec,
    resourceVersion,
  }: ElectionEffect & { kind: 'write' }): Promise<ElectionEvent> {
    const { client, namespace, name } = this.#options
    const { apiVersion } = RESOURCE
    const metadata = { name, namespace, ...(resourceVersion ? { resourceVersion } : {}) }
    const sentAt = performance.now()
    const lease = await client.request<LeaseObject>({
      method: resourceVersion ? 'PUT' : 'POST',
      path: pathOf(RESOURCE, { namespace, ...(resourceVersion ? { name } : {}) }),
      body: { apiVersion, kind: 'Lease', metadata, spec },
      timeoutMs: this.#timeoutMs,
    })
    return { kind: 'written', lease: standing(lease), sentAt }
  }

  /** A renewal is due with some time left, and an attempt may take half of that: one more fits in. */
  get #timeoutMs(): number {
    const { renewMs, everyMs } = this.#state.times
    return (renewMs - everyMs) / 2
  }

  #tell(error: Error): void {
    if (this.#isTold) return
    this.#isTold = true
    const { name, namespace, onError } = this.#options
    onError(new Error(`cannot read or write the Lease ${namespace}/${name}`, { cause: error }))
  }
}

const standing = ({ metadata, spec = {} }: LeaseObject): StandingLease => ({
  resourceVersion: metadata.resourceVersion,
  spec,
})

/** Kubernetes' MicroTime: six digits. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z')
