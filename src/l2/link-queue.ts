// One interface's share of the gratuitous announcements: which address is to be announced next, and
// whether the packet budget allows it. Addresses move between three queues, each in order of time:
//
//   fresh ──first round──▶ repeats ──1.1 s apart, the last one──▶ idle ──refresh──▶ idle (at the end)
//
// All rounds are the same time apart, so a queue stays sorted by itself: no heap, no scan.
import type { PacketBudget } from './packet-budget.ts'
import type { Entry, Link } from './table.ts'

export const ROUNDS = 5
export const ROUND_MS = 1100
/** Refreshing is for whoever missed all of a burst; it is not worth a LAN full of broadcasts. */
const REFRESH_FRAMES_PER_SECOND = 200
/** Refreshes are sent some at a time: a timer for each would wake a quiet machine all the time. */
const REFRESH_WAKE_MS = 100
/** A clock that was stopped for an hour does not owe an hour of refreshes. */
const REFRESH_DEBT_MS = 1000

export interface Send {
  readonly entry: Entry
  readonly link: Link
}

interface Unit {
  entry: Entry
  /** Rounds still to send; of an idle one 0. */
  left: number
  /** In `repeats`: not before. */
  dueAt: number
  queue: Queue
}
/** In order of insertion, and left from the middle when an address goes. */
type Queue = Map<string, Unit>

/** ARP takes a request and a reply, NDP one advertisement. */
export const framesOf = (entry: Entry): number => (entry.address.family === 4 ? 2 : 1)

export class LinkQueue {
  link: Link
  readonly #budget: PacketBudget
  readonly #refreshEveryMs: number
  readonly #units = new Map<string, Unit>()
  readonly #fresh: Queue = new Map()
  readonly #repeats: Queue = new Map()
  readonly #idle: Queue = new Map()
  readonly #probes = new Map<string, Unit>()
  #refreshedAt = 0

  constructor(link: Link, budget: PacketBudget, refreshEveryMs: number) {
    this.link = link
    this.#budget = budget
    this.#refreshEveryMs = refreshEveryMs
  }

  /** Starts a burst if the address is new here. */
  put(entry: Entry): void {
    const { text } = entry.address
    const known = this.#units.get(text)
    if (known) {
      known.entry = entry
      return
    }
    const unit = { entry, left: ROUNDS, dueAt: 0, queue: this.#fresh }
    this.#units.set(text, unit)
    this.#fresh.set(text, unit)
  }

  remove(text: string): void {
    this.#units.get(text)?.queue.delete(text)
    this.#units.delete(text)
    this.#probes.delete(text)
  }

  /** Afterwards every address is new. */
  clear(): void {
    for (const map of [this.#units, this.#fresh, this.#repeats, this.#idle, this.#probes])
      map.clear()
  }

  /** One round now, unless a burst is under way and will send it anyway. */
  once(text: string): void {
    const unit = this.#units.get(text)
    if (unit?.queue !== this.#idle) return
    unit.left = 1
    move(unit, this.#fresh)
  }

  /**
   * A whole burst for each address. One that is under way gets its rounds back and keeps its pace, so
   * that asking often sends no more than a round in its time.
   */
  anew(): void {
    for (const unit of this.#units.values()) {
      unit.left = ROUNDS
      if (unit.queue === this.#idle) move(unit, this.#fresh)
    }
  }

  /** Once, however often it was asked for meanwhile. */
  probe(text: string): void {
    const unit = this.#units.get(text)
    if (unit) this.#probes.set(text, unit)
  }

  takeProbes(probes: Send[], now: number, room: number): number {
    this.#budget.refill(now)
    let frames = 0
    for (const [text, { entry }] of this.#probes) {
      if (frames >= room || !this.#budget.spend(1)) break
      frames += 1
      this.#probes.delete(text)
      probes.push({ entry, link: this.link })
    }
    return frames
  }

  /** Adds what is due and allowed, at most `room` frames; returns how many they are. */
  take(sends: Send[], now: number, room: number): number {
    this.#budget.refill(now)
    const frames = this.#takeFrom(this.#fresh, sends, now, room)
    const more = this.#takeFrom(this.#repeats, sends, now, room - frames)
    return frames + more + this.#takeRefreshes(sends, now, room - frames - more)
  }

  /** When to take again; `Infinity`: not before something happens. */
  nextAt(now: number): number {
    const dueAt = Math.min(
      this.#fresh.size + this.#probes.size > 0 ? now : Number.POSITIVE_INFINITY,
      first(this.#repeats)?.dueAt ?? Number.POSITIVE_INFINITY,
      this.#refreshes
        ? this.#refreshedAt + Math.max(this.#gapMs(), REFRESH_WAKE_MS)
        : Number.POSITIVE_INFINITY,
    )
    return Math.max(dueAt, this.#budget.readyAt(now))
  }

  #takeFrom(queue: Queue, sends: Send[], now: number, room: number): number {
    let frames = 0
    for (const unit of queue.values()) {
      const cost = framesOf(unit.entry)
      if (unit.dueAt > now || frames + cost > room || !this.#budget.spend(cost)) break
      frames += cost
      this.#send(unit, sends, now)
    }
    return frames
  }

  /** Evenly over the period, whoever was sent longest ago first. */
  #takeRefreshes(sends: Send[], now: number, room: number): number {
    if (!this.#refreshes) return 0
    const gap = this.#gapMs()
    this.#refreshedAt = Math.max(this.#refreshedAt, now - Math.max(gap, REFRESH_DEBT_MS))
    let frames = 0
    while (this.#refreshedAt + gap <= now) {
      const unit = first(this.#idle)!
      const cost = framesOf(unit.entry)
      if (frames + cost > room || !this.#budget.spend(cost)) break
      frames += cost
      this.#refreshedAt += gap
      this.#send(unit, sends, now)
    }
    return frames
  }

  #send(unit: Unit, sends: Send[], now: number): void {
    sends.push({ entry: unit.entry, link: this.link })
    unit.left = Math.max(0, unit.left - 1)
    unit.dueAt = unit.left > 0 ? now + ROUND_MS : 0
    if (this.#idle.size === 0) this.#refreshedAt = now
    move(unit, unit.left > 0 ? this.#repeats : this.#idle)
  }

  get #refreshes(): boolean {
    return this.#refreshEveryMs > 0 && this.#idle.size > 0
  }

  #gapMs(): number {
    const cost = framesOf(first(this.#idle)!.entry)
    const slowest = (cost * 1000) / REFRESH_FRAMES_PER_SECOND
    return Math.max(this.#refreshEveryMs / this.#idle.size, slowest)
  }
}

const first = (queue: Queue): Unit | undefined => queue.values().next().value

function move(unit: Unit, to: Queue): void {
  const { text } = unit.entry.address
  unit.queue.delete(text)
  to.set(text, unit)
  unit.queue = to
}
