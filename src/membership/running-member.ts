// A member at work: sockets, one timer and randomness around the step. Every event goes through
// `#dispatch`, one after the other, and what the step wants is done there; nothing here decides who lives.
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { type Acceptor, openAcceptor } from './acceptor.ts'
import { Alarm } from './alarm.ts'
import { wireAddress } from './endpoint.ts'
import type { Effect, SwimEvent } from './event.ts'
import type { GossipCounters, MemberRow, Members, MembersOptions } from './members.ts'
import type { PushPull, WireAddress } from './message.ts'
import { NewsLog } from './news-log.ts'
import { Outreach } from './outreach.ts'
import { ackOf, isFor } from './relay.ts'
import { openRing, type Ring } from './ring.ts'
import { namesOfMembers, rowsOf } from './rows.ts'
import { type Speech, speechOf } from './speech.ts'
import { nextAt, step } from './swim.ts'
import { openUdp, type Udp } from './udp.ts'

/** As long as MetalLB gives it. */
const LEAVE_MS = 1_000

const random = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48
const now = (): number => performance.now()

export class RunningMember extends EventEmitter<{ change: []; revived: [] }> implements Members {
  readonly #options: MembersOptions
  readonly #ring: Ring
  readonly #news: NewsLog
  readonly #speech: Speech
  readonly #outreach: Outreach
  readonly #alarm: Alarm
  readonly #gone = Promise.withResolvers<void>()
  #udp: Udp | undefined
  #acceptor: Acceptor | undefined
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
    const incarnation = Math.floor(Date.now() / 1000)
    const { timing } = settings
    this.#ring = openRing({ name, addr, port, meta, timing, random, fastDetector, incarnation })
    this.#outreach = new Outreach({
      ...{ speech: this.#speech, port, timeoutMs: settings.tcpTimeoutMs },
      ...{ ring: this.#ring, news: this.#news, random },
      onDueChange: () => this.#setAlarm(),
      tell: (event) => this.#dispatch(event),
    })
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
    this.#alive ??= namesOfMembers(this.#ring)
    return this.#alive
  }

  list(): readonly MemberRow[] {
    return rowsOf(this.#ring, now())
  }

  join(addresses: readonly string[]): void {
    this.#outreach.seek(addresses, now())
  }

  hurry(): void {
    this.#outreach.hurry(now())
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  counters(): GossipCounters {
    return {
      health: this.#ring.health,
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
      this.#outreach[Symbol.asyncDispose](),
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
      this.#outreach.ask(now())
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
        this.#outreach.exchange(effect.to, effect.table)
        return false
      case 'streamPing':
        this.#outreach.ping(effect.to, effect.ping, effect.timeoutMs)
        return false
      case 'joined':
      case 'left':
        this.#alive = undefined
        this.#news.member(effect.kind, effect.node, this.alive().size)
        return true
      case 'changed':
        this.#news.member(effect.kind, effect.node, this.alive().size)
        return true
      case 'revived':
        this.#news.revived()
        this.emit('revived')
        return false
      case 'gone':
        this.#gone.resolve()
        return false
      case 'noted':
        this.#news.fact(effect.fact, now())
        return false
    }
  }

  #wake(): void {
    this.#dispatch({ kind: 'tick' })
    if (now() >= this.#outreach.dueAt) this.#outreach.ask(now())
  }

  #setAlarm(): void {
    this.#alarm.set(Math.min(nextAt(this.#ring), this.#outreach.dueAt))
  }

  async #leave(): Promise<void> {
    this.#outreach.stop()
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
