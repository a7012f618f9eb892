// A member of the gossip ring of the speakers, running: sockets, one timer and randomness around the
// step. Every event goes through `#dispatch`, one after the other, and what the step wants is done
// there; nothing here decides who lives.
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Log } from '../log.ts'
import { type Acceptor, openAcceptor } from './acceptor.ts'
import { Alarm } from './alarm.ts'
import type { DropReason } from './drop.ts'
import { addressText, wireAddress } from './endpoint.ts'
import type { Effect, Endpoint, SwimEvent } from './event.ts'
import type { KeyBytes } from './key.ts'
import type { NodeState, Ping, PushPull, WireAddress } from './message.ts'
import { NewsLog } from './news-log.ts'
import { Questions } from './questions.ts'
import { ackOf, isFor } from './relay.ts'
import { isMember, openRing, type Ring } from './ring.ts'
import { Seeds } from './seeds.ts'
import type { Settings } from './settings.ts'
import { type Speech, speechOf } from './speech.ts'
import { nextAt, step } from './swim.ts'
import { openUdp, type Udp } from './udp.ts'

export interface MembersOptions {
  /** The node's, as in Node objects. */
  readonly name: string
  /** The one that the others reach us at; not a wildcard. */
  readonly bindAddress: string
  /** TCP and UDP, and that of all others. */
  readonly port: number
  /** As the file has it; empty: nothing is sealed. */
  readonly secret: Uint8Array
  readonly keyBytes?: KeyBytes
  /** What this member says of itself to all others. */
  readonly meta?: Uint8Array | undefined
  readonly settings: Settings
  readonly fastDetector?: boolean
  readonly log: Log
}

export interface MemberRow {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly state: NodeState
  /** In this state for so long. */
  readonly sinceMs: number
  /** What it says of itself, a letter to a byte. */
  readonly meta: string
}

/** Disposing closes the sockets without a word, as a crash would; but first ends a `leave`. */
export interface Members extends AsyncDisposable {
  /** Alive and suspect, our own name included; the very same set until it changes. */
  alive(): ReadonlySet<string>
  list(): readonly MemberRow[]
  /** These and no others are joined while they are not members, again and again. */
  join(addresses: readonly string[]): void
  on(event: 'change', listener: () => void): unknown
  /** Tells all that we go; resolves when it is told, or after a second. */
  leave(): Promise<void>
  counters(): Readonly<Record<string, number>>
}

/** As long as MetalLB gives it. */
const LEAVE_MS = 1_000

export async function openMembers(options: MembersOptions): Promise<Members> {
  const running = new RunningMember(options)
  await running.open()
  return running
}

const random = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48
const now = (): number => performance.now()

class RunningMember extends EventEmitter<{ change: [] }> implements Members {
  readonly #options: MembersOptions
  readonly #ring: Ring
  readonly #news: NewsLog
  readonly #speech: Speech
  readonly #questions: Questions
  readonly #alarm: Alarm
  readonly #seeds = new Seeds(random)
  readonly #gone = Promise.withResolvers<void>()
  #udp: Udp | undefined
  #acceptor: Acceptor | undefined
  #seedsAt = Number.POSITIVE_INFINITY
  #alive: ReadonlySet<string> | undefined
  #leaving: Promise<void> | undefined
  #isClosed = false

  constructor(options: MembersOptions) {
    super()
    const { name, bindAddress, port, meta, settings, fastDetector = true } = options
    const addr = reachable(bindAddress)
    this.#options = options
    this.#news = new NewsLog(options.log)
    this.#speech = speechOf(options)
    this.#ring = openRing({ name, addr, port, meta, timing: settings.timing, random, fastDetector })
    const onDrop = (reason: DropReason) => this.#news.dropped(reason, now())
    this.#questions = new Questions({ ...this.#speech, timeoutMs: settings.tcpTimeoutMs, onDrop })
    this.#alarm = new Alarm({
      onDue: () => this.#wake(),
      received: () => this.#udp?.received ?? 0,
    })
  }

  async open(): Promise<void> {
    const { bindAddress: address, port, settings } = this.#options
    await using opening = new AsyncDisposableStack()
    const bound = { ...this.#speech, address, port }
    const udp = await openUdp({
      ...bound,
      onPacket: (from, messages) => this.#dispatch({ kind: 'packet', from, messages }),
      onDrop: (reason, from) => this.#news.dropped(reason, now(), from),
      onError: (error) => this.#news.trouble('notSent', now(), error),
    })
    opening.defer(() => udp.close())
    this.#udp = udp
    this.#acceptor = await openAcceptor({
      ...{ ...bound, timeoutMs: settings.tcpTimeoutMs },
      onTable: (table) => this.#dispatch({ kind: 'asked', table }),
      onPing: (ping) => (isFor(this.#ring.name, ping) ? ackOf(ping) : undefined),
      onDrop: (reason) => this.#news.dropped(reason, now()),
      onEvicted: () => this.#news.trouble('evicted', now()),
    })
    opening.move()
    this.#dispatch({ kind: 'start' })
  }

  alive(): ReadonlySet<string> {
    this.#alive ??= new Set([...this.#members()].map(({ name }) => name).sort())
    return this.#alive
  }

  list(): readonly MemberRow[] {
    const at = now()
    return [...this.#ring.table.values()]
      .map(({ name, addr, port, state, since, meta }) => ({
        ...{ name, address: addressText(addr), port, state, sinceMs: at - since },
        meta: Buffer.from(meta ?? []).toString('latin1'),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  join(addresses: readonly string[]): void {
    const known = addresses.map(wireAddress).filter((addr) => addr !== undefined)
    this.#seeds.set([...new Set(known.map(addressText))], now())
    this.#askSeeds()
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  counters(): Readonly<Record<string, number>> {
    return {
      ...{ nodes: this.#ring.table.size, members: this.alive().size, health: this.#ring.health },
      ...{ packetsIn: this.#udp?.received ?? 0, packetsOut: this.#udp?.sent ?? 0 },
      streamsIn: this.#acceptor?.accepted ?? 0,
      ...this.#news.counts(),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leaving
    if (this.#isClosed) return
    this.#isClosed = true
    this.#alarm[Symbol.dispose]()
    await Promise.all([
      this.#udp?.close(),
      this.#acceptor?.close(),
      this.#questions[Symbol.asyncDispose](),
    ])
  }

  /** What the step answers, where it does. */
  #dispatch(event: SwimEvent): PushPull | undefined {
    if (this.#isClosed) return undefined
    let answer: PushPull | undefined
    let hasChanged = false
    for (const effect of step(this.#ring, event, now())) {
      if (effect.kind === 'answer') answer = effect.table
      else hasChanged = this.#run(effect) || hasChanged
    }
    if (hasChanged) {
      this.#askSeeds()
      this.emit('change')
    }
    this.#setAlarm()
    return answer
  }

  /** Whether the members, or what one says of itself, are others. */
  #run(effect: Exclude<Effect, { kind: 'answer' }>): boolean {
    switch (effect.kind) {
      case 'send':
        this.#udp!.send(effect.to, effect.messages)
        return false
      case 'exchange':
        this.#exchange(effect.to, effect.table)
        return false
      case 'streamPing':
        this.#pingOnStream(effect.to, effect.ping, effect.timeoutMs)
        return false
      case 'joined':
      case 'left':
        this.#alive = undefined
        this.#news.member(effect.kind, effect.node, this.alive().size)
        return true
      case 'changed':
        this.#news.member(effect.kind, effect.node, this.alive().size)
        return true
      case 'gone':
        this.#gone.resolve()
        return false
      case 'noted':
        this.#news.fact(effect.fact, now())
        return false
    }
  }

  #exchange(to: Endpoint, table: PushPull): void {
    const seed = table.join ? addressText(to.addr) : undefined
    this.#questions.exchange(to, table, {
      onAnswer: (answer) => {
        if (seed !== undefined) this.#seeds.answered(seed, now())
        this.#news.count('exchanges')
        this.#dispatch({ kind: 'answered', table: answer })
        this.#askSeeds()
      },
      onFailure: (error) => {
        if (seed !== undefined) this.#seeds.failed(seed, now())
        this.#news.trouble('notExchanged', now(), error)
        this.#askSeeds()
      },
    })
  }

  #pingOnStream(to: Endpoint, ping: Ping, timeoutMs: number): void {
    this.#questions.ping(to, ping, timeoutMs, {
      onAnswer: ({ seqNo }) => this.#dispatch({ kind: 'streamAck', seqNo }),
      // Says nothing by itself: the probe that sent it has its own deadline.
      onFailure: () => this.#news.count('streamPingsFailed'),
    })
  }

  #wake(): void {
    this.#dispatch({ kind: 'tick' })
    if (now() >= this.#seedsAt) this.#askSeeds()
  }

  /** Our own address is a member's from the start, so we never ask ourselves. */
  #askSeeds(): void {
    if (this.#isClosed || this.#ring.phase !== 'up') return
    const { port } = this.#options
    const members = new Set(this.#members().map(({ addr }) => addressText(addr)))
    const taken = this.#seeds.take(members, now())
    this.#seedsAt = this.#seeds.nextAt(members)
    const to = taken.map((address) => ({ addr: wireAddress(address)!, port }))
    if (to.length > 0) this.#dispatch({ kind: 'join', to })
    else this.#setAlarm()
  }

  #setAlarm(): void {
    this.#alarm.set(Math.min(nextAt(this.#ring), this.#seedsAt))
  }

  #members() {
    return this.#ring.table.values().filter(isMember)
  }

  async #leave(): Promise<void> {
    this.#seedsAt = Number.POSITIVE_INFINITY
    this.#dispatch({ kind: 'leave' })
    const timer = setTimeout(this.#gone.resolve, LEAVE_MS)
    await this.#gone.promise
    clearTimeout(timer)
  }
}

function reachable(address: string): WireAddress {
  const addr = wireAddress(address)
  if (!addr) throw new Error(`cannot gossip from "${address}": it is not an IP address`)
  if (addr.some((byte) => byte !== 0)) return addr
  // It would be told to the others, and each of them would ping itself there.
  throw new Error(`cannot gossip from ${address}: it has to be the address that others reach us at`)
}
