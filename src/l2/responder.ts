// Layer 2 as the rest of the speaker sees it: addresses in; links, conflicts and counters out. Keeps a
// worker alive that answers, and knows all that a new one has to be told. Nothing is started before it
// is needed: a node that speaks BGP only does not even load the foreign calls.
import { EventEmitter } from 'node:events'
import type { Log } from '../log.ts'
import { Counters } from './counters.ts'
import type { Drop } from './drops.ts'
import { parseExclusion } from './exclusion.ts'
import type { L2Link } from './links.ts'
import { whyNoLayer2 } from './machine.ts'
import type { L2Conflict, Report } from './orders.ts'
import { StandingConflicts } from './standing-conflicts.ts'
import { Thread, WORKER_ENTRY } from './thread.ts'
import { type Change, type L2Address, Wanted } from './wanted.ts'

export type { L2Link } from './links.ts'
export type { L2Conflict } from './orders.ts'
export type { L2Address } from './wanted.ts'

export interface L2Counters {
  readonly address: string
  readonly requests: number
  readonly responses: number
  readonly gratuitous: number
  readonly conflicts: number
}

export interface L2Options {
  /** Patterns as in excludel2.yaml: interfaces that layer 2 does not even see. */
  readonly excluded?: readonly string[]
  readonly log: Log
  /** Of the gratuitous announcements; 0: never. */
  readonly refreshEveryMs?: number
  /** Of the gratuitous announcements, for each interface. */
  readonly packetsPerSecond?: number
  /** The worker's file. */
  readonly entry?: URL
}

export interface Others {
  /**
   * All nodes are there that could answer in our place. One that is not may come back and claim, for a
   * moment, what is ours; or it is we who come back. Unless it is said, some are away.
   */
  readonly isRingWhole?: boolean
}

export interface L2 extends AsyncDisposable {
  /** Resolves when the links are known. The first address applied does it as well. */
  start(): Promise<void>
  /** Each address once. When it resolves, all of it is answered and what is new is being announced. */
  apply(addresses: readonly L2Address[], others?: Others): Promise<void>
  /**
   * Whatever is answered is announced as if it were new: others took this node for dead, and may have said
   * that it is theirs.
   */
  announceAnew(): void
  /** Without the excluded ones. Empty until layer 2 has been started. */
  links(): readonly L2Link[]
  counters(): readonly L2Counters[]
  /** How many frames came in, by the reason why they got no answer. */
  frames(): Readonly<Record<Drop, number>>
  /** Those that stand: a machine that has been silent for long is no longer among them. */
  conflicts(): readonly L2Conflict[]
  /** How often the thread had to be started anew. */
  restarts(): number
  /**
   * `change`: of the links; `conflict`: of the conflicts; `back`: a link is. `error`: layer 2 cannot be kept alive; where
   * nobody listens for it, it ends the process, and the kubelet starts a fresh one.
   */
  on(event: 'change' | 'conflict' | 'back', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** So many ends of the worker within a minute are not bad luck. */
const DEATHS_MAX = 3
const DEATHS_WITHIN_MS = 60_000
/** Throws when a pattern is none. */
export async function openL2(options: L2Options): Promise<L2> {
  parseExclusion(options.excluded ?? [])
  return new Responder(options)
}

type Events = { change: []; conflict: []; back: []; error: [Error] }

interface Waiting {
  readonly generation: number
  readonly done: PromiseWithResolvers<void>
}

class Responder extends EventEmitter<Events> implements L2 {
  readonly #options: L2Options
  readonly #counters = new Counters()
  readonly #wanted = new Wanted((slot) => this.#counters.reset(slot))
  readonly #conflicts = new StandingConflicts()
  #links: readonly L2Link[] = []
  #thread: Thread | undefined
  #loading: Promise<void> | undefined
  #isClosed = false
  #isRingWhole = false
  /** Of the table: counts its changes, and those who wait until one is in force. */
  #generation = 0
  #applied = 0
  #waiting: readonly Waiting[] = []
  #deaths: readonly number[] = []
  #restarts = 0

  constructor(options: L2Options) {
    super()
    this.#options = options
  }

  links = () => this.#links
  conflicts = () => this.#conflicts.list()
  frames = () => this.#counters.frames()
  restarts = () => this.#restarts

  counters(): L2Counters[] {
    return this.#wanted.all.map(({ address, slot }) => ({
      address: address.text,
      ...this.#counters.read(slot),
    }))
  }

  async start(): Promise<void> {
    if (!this.#thread) await (this.#loading ??= this.#load())
    await this.#inForce()
  }

  async apply(
    addresses: readonly L2Address[],
    { isRingWhole = false }: Others = {},
  ): Promise<void> {
    const change = this.#wanted.change(addresses, this.#generation + 1)
    if (change) this.#order(change)
    this.#setRing(isRingWhole)
    const isUsed = this.#thread || this.#loading || addresses.length > 0
    if (isUsed) await this.start()
  }

  announceAnew(): void {
    // A thread that is not there yet announces everything when it begins.
    this.#thread?.order({ kind: 'anew' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#settle(new Error('layer 2 was closed'))
    await this.#thread?.stop()
    this.#thread = undefined
  }

  #order({ put, removed }: Change): void {
    this.#generation += 1
    for (const address of removed) this.#conflicts.endAddress(address)
    // A thread that is not there yet is told everything when it begins.
    this.#thread?.order({ kind: 'change', generation: this.#generation, put, removed })
  }

  #setRing(isWhole: boolean): void {
    if (isWhole === this.#isRingWhole) return
    this.#isRingWhole = isWhole
    this.#thread?.order({ kind: 'ring', isWhole })
  }

  async #load(): Promise<void> {
    try {
      const why = whyNoLayer2()
      if (why) throw new Error(why)
      // Here as well, though only the worker calls it: koffi would be unmapped with the one thread that
      // loaded it, and the process crash when it ends.
      await import('./libc.ts')
      if (this.#isClosed) throw new Error('layer 2 was closed')
      this.#begin()
    } finally {
      this.#loading = undefined
    }
  }

  #begin(): void {
    const { entry = WORKER_ENTRY, excluded = [], refreshEveryMs, packetsPerSecond } = this.#options
    const setting = {
      counters: this.#counters.shared,
      ...{ excluded, refreshEveryMs, packetsPerSecond },
    }
    this.#generation += 1
    const thread = new Thread({
      ...{ entry, setting },
      onReport: (report) => this.#take(report),
      onDeath: (why) => this.#died(why),
    })
    thread.order({
      ...{ kind: 'change', generation: this.#generation },
      ...{ put: this.#wanted.all, removed: [] },
    })
    if (this.#isRingWhole) thread.order({ kind: 'ring', isWhole: true })
    this.#thread = thread
  }

  #take(report: Report): void {
    switch (report.kind) {
      case 'links':
        this.#links = report.links
        this.emit('change')
        return
      case 'link-back':
        this.emit('back')
        return
      case 'applied':
        this.#applied = report.generation
        this.#wanted.confirm(report.generation)
        this.#settle()
        return
      case 'refused':
        this.#thread?.letEnd()
        this.#thread = undefined
        this.#settle(new Error(report.message))
        return
      case 'note':
        this.#options.log[report.level]({ op: 'layer2' }, report.message)
        return
      case 'conflict':
      case 'conflict-over':
        this.#takeConflict(report.kind === 'conflict-over', report.conflict)
        return
    }
  }

  #takeConflict(isOver: boolean, conflict: L2Conflict): void {
    const { address: ip, interface: name, mac } = conflict
    const fields = { op: 'layer2', ip, interface: name, mac }
    if (isOver) {
      this.#conflicts.end(conflict)
      this.#options.log.info({ ...fields, event: 'conflictOver' }, 'address conflict is over')
    } else {
      this.#conflicts.put(conflict)
      this.#options.log.warn(
        { ...fields, event: 'conflict' },
        'another machine answers for an address that this node announces',
      )
    }
    this.emit('conflict')
  }

  #died(why: Error): void {
    const now = performance.now()
    this.#thread = undefined
    this.#deaths = [...this.#deaths.filter((at) => at > now - DEATHS_WITHIN_MS), now]
    const fields = { op: 'layer2', event: 'workerDied', error: why }
    this.#options.log.error(fields, 'the thread of layer 2 ended')
    if (this.#deaths.length >= DEATHS_MAX) {
      const error = new Error(
        `layer 2 does not stay alive: its thread ended ${DEATHS_MAX} times within a minute`,
        { cause: why },
      )
      this.#settle(error)
      this.emit('error', error)
      return
    }
    this.#restarts += 1
    this.#begin()
  }

  async #inForce(): Promise<void> {
    if (this.#applied >= this.#generation) return
    const done = Promise.withResolvers<void>()
    this.#waiting = [...this.#waiting, { generation: this.#generation, done }]
    await done.promise
  }

  /** Whoever waited for what is in force now; with an error, all. */
  #settle(error?: Error): void {
    const isDue = ({ generation }: Waiting) => error !== undefined || generation <= this.#applied
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter((one) => !isDue(one))
    for (const { done } of due) error ? done.reject(error) : done.resolve()
  }
}
