// Many members in one process: runs their steps and what these want done, and lets them crash, stop,
// come back and leave. What happens when is the story's, whether it went well the judge's.
import assert from 'node:assert/strict'
import type { Effect, Endpoint, Fact, SwimEvent } from '../../src/membership/event.ts'
import type { PacketMessage, PushPull } from '../../src/membership/message.ts'
import { isFor } from '../../src/membership/relay.ts'
import { isMember, openRing, type Ring } from '../../src/membership/ring.ts'
import { SEAL_BYTES } from '../../src/membership/seal.ts'
import { nextAt, step } from '../../src/membership/swim.ts'
import { LAN_TIMING } from '../../src/membership/timing.ts'
import { decodePacket, encodePacket } from '../../src/membership/wire.ts'
import { Clock } from './clock.ts'
import { type Conditions, GOOD, Network } from './network.ts'
import { type Random, randomOf } from './random.ts'

export interface SimNode {
  readonly index: number
  readonly name: string
  /** Changes when it comes back somewhere else. */
  at: Endpoint
  readonly fastDetector: boolean
  ring: Ring | undefined
  isStopped: boolean
  /** What the kernel keeps for a process that does not run. */
  inbox: (() => void)[]
  /** When it last could not answer: from, until. */
  silent: { readonly from: number; until: number }
  timerAt: number
  packets: number
}

export type Happening =
  | { readonly kind: 'joined' | 'left' | 'changed'; readonly node: string }
  | { readonly kind: 'noted'; readonly fact: Fact }

export interface ClusterOptions {
  readonly size: number
  readonly seed: number
  readonly conditions?: Conditions
  /** Part of the members that are MetalLB's: the same protocol, no fast detector. */
  readonly slow?: number
  /** Everything said goes through the wire's bytes and back. */
  readonly inBytes?: boolean
  /** The most a timer is late by: the machine has other things to do. */
  readonly lagMs?: number
  readonly onHappening?: (by: SimNode, what: Happening) => void
}

/** From one fast ping to the next, with what they are late by. */
const NOTICED_MS = 250
/** As far as a socket's buffer goes. */
const INBOX_MAX = 512
const STREAM_TIMEOUT_MS = 10_000
/** How often addresses from Kubernetes are joined that are no members; minutes there, but who waits. */
const JOIN_EVERY_MS = 5_000
const JOINED_AT_ONCE = 3

export class Cluster {
  readonly clock = new Clock()
  readonly random: Random
  readonly network: Network
  readonly nodes: readonly SimNode[]
  readonly #byAddress = new Map<number, SimNode>()
  readonly #lagMs: number
  readonly #inBytes: boolean
  readonly #onHappening: (by: SimNode, what: Happening) => void
  #addresses = 0

  constructor({ size, seed, slow = 0, lagMs = 1, ...options }: ClusterOptions) {
    this.random = randomOf(seed)
    this.network = new Network(this.clock, this.random, options.conditions ?? GOOD)
    this.#lagMs = lagMs
    this.#inBytes = options.inBytes ?? false
    this.#onHappening = options.onHappening ?? (() => {})
    this.nodes = Array.from({ length: size }, (_, index) => this.#nodeOf(index, slow))
  }

  #nodeOf(index: number, slow: number): SimNode {
    const node: SimNode = {
      ...{ index, name: `node-${index}`, at: this.#freshAddress(), ring: undefined },
      ...{ fastDetector: !this.random.chance(slow), isStopped: false, inbox: [], packets: 0 },
      ...{ silent: { from: 0, until: 0 }, timerAt: Number.POSITIVE_INFINITY },
    }
    this.#byAddress.set(keyOf(node.at), node)
    return node
  }

  #freshAddress(): Endpoint {
    const number = ++this.#addresses
    return { addr: Uint8Array.of(10, 0, number >> 8, number & 255), port: 7946 }
  }

  get up(): SimNode[] {
    return this.nodes.filter(({ ring }) => ring?.phase === 'up')
  }

  start(node: SimNode): void {
    this.#fallSilent(node)
    const { name, at, fastDetector } = node
    const random = this.random.next
    const incarnation = 1 + Math.floor(this.clock.now / 1000)
    const own = { name, ...at, timing: LAN_TIMING, incarnation }
    node.ring = openRing({ ...own, random, fastDetector })
    node.silent.until = this.clock.now
    this.run(node, { kind: 'start' })
    this.#joinRegularly(node, node.ring)
  }

  #joinRegularly(node: SimNode, ring: Ring): void {
    if (node.ring !== ring || ring.phase !== 'up') return
    const known = (one: SimNode) => {
      const entry = ring.table.get(one.name)
      return entry !== undefined && isMember(entry)
    }
    const missing = this.nodes.filter((one) => one !== node && !known(one))
    const to: Endpoint[] = []
    while (to.length < JOINED_AT_ONCE && missing.length > 0) {
      const at = Math.floor(this.random.next() * missing.length)
      to.push(...missing.splice(at, 1).map((one) => one.at))
    }
    this.#whenRunning(node, () => this.run(node, { kind: 'join', to }))
    this.clock.after(JOIN_EVERY_MS, () => this.#joinRegularly(node, ring))
  }

  crash(node: SimNode): void {
    this.#fallSilent(node)
    node.ring = undefined
    node.inbox = []
    node.isStopped = false
    node.timerAt = Number.POSITIVE_INFINITY
  }

  /** Comes back under its name at another address, as a machine that was replaced. */
  move(node: SimNode): void {
    this.#byAddress.delete(keyOf(node.at))
    node.at = this.#freshAddress()
    this.#byAddress.set(keyOf(node.at), node)
  }

  leave(node: SimNode): void {
    this.#whenRunning(node, () => this.run(node, { kind: 'leave' }))
  }

  /** As by SIGSTOP: the kernel goes on receiving, nothing is looked at. */
  stop(node: SimNode): void {
    if (node.isStopped || !node.ring) return
    this.#fallSilent(node)
    node.isStopped = true
  }

  /** What comes first then, the timers or the packets, is not ours to choose. */
  resume(node: SimNode): void {
    if (!node.isStopped) return
    node.isStopped = false
    node.silent.until = this.clock.now
    const waiting = node.inbox
    node.inbox = []
    if (this.random.chance(0.5)) this.#tick(node)
    for (const handle of waiting) handle()
    this.#tick(node)
  }

  #fallSilent(node: SimNode): void {
    const { from, until } = node.silent
    // Back for a moment, too short to be asked: to the others it is one silence.
    const isOne = this.clock.now - until < NOTICED_MS
    node.silent = { from: isOne ? from : this.clock.now, until: Number.POSITIVE_INFINITY }
  }

  #whenRunning(node: SimNode, handle: () => void): void {
    if (!node.isStopped) handle()
    else if (node.inbox.length < INBOX_MAX) node.inbox.push(handle)
  }

  run(node: SimNode, event: SwimEvent): readonly Effect[] {
    const { ring } = node
    if (!ring) return []
    const effects = step(ring, event, this.clock.now)
    for (const effect of effects) this.#do(node, ring, effect)
    this.#arm(node)
    return effects
  }

  #arm(node: SimNode): void {
    const due = node.ring ? nextAt(node.ring) : Number.POSITIVE_INFINITY
    if (due >= node.timerAt) return
    node.timerAt = due
    this.clock.at(due + this.random.between(0, this.#lagMs), () => {
      if (node.timerAt !== due || node.isStopped) return
      this.#tick(node)
    })
  }

  #tick(node: SimNode): void {
    node.timerAt = Number.POSITIVE_INFINITY
    if (node.ring && nextAt(node.ring) <= this.clock.now) this.run(node, { kind: 'tick' })
    else this.#arm(node)
  }

  #do(node: SimNode, ring: Ring, effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        node.packets++
        this.#send(node, effect.to, this.#inBytes ? viaBytes(effect.messages) : effect.messages)
        break
      case 'exchange':
        this.#exchange(node, ring, effect.to, effect.table)
        break
      case 'streamPing':
        this.#arrive(node, effect.to, 'stream', (to) => {
          if (!isFor(to.name, effect.ping)) return
          const { seqNo } = effect.ping
          this.#reply(to, node, ring, () => this.run(node, { kind: 'streamAck', seqNo }))
        })
        break
      case 'gone':
        // Only its own run may end here: it is still being stepped.
        this.clock.after(0, () => node.ring === ring && this.crash(node))
        break
      case 'answer':
      case 'revived':
        break
      default:
        this.#onHappening(node, effect)
    }
  }

  #send(node: SimNode, to: Endpoint, messages: readonly PacketMessage[]): void {
    this.#arrive(node, to, 'datagram', (receiver) => {
      this.run(receiver, { kind: 'packet', from: node.at, messages })
    })
  }

  #exchange(node: SimNode, ring: Ring, at: Endpoint, table: PushPull): void {
    const deadline = this.clock.now + STREAM_TIMEOUT_MS
    this.#arrive(node, at, 'stream', (to) => {
      if (this.clock.now > deadline) return
      const effects = this.run(to, { kind: 'asked', table })
      const answer = effects.find(({ kind }) => kind === 'answer')
      if (answer?.kind !== 'answer') return
      this.#reply(to, node, ring, () => this.run(node, { kind: 'answered', table: answer.table }))
    })
  }

  #arrive(
    from: SimNode,
    { addr, port }: Endpoint,
    by: 'datagram' | 'stream',
    handle: (to: SimNode) => void,
  ): void {
    const to = this.#byAddress.get(keyOf({ addr, port }))
    if (!to) return
    this.network[by](from.index, to.index, () => {
      const { ring } = to
      // Nobody there, or somebody else by the time it is read.
      if (ring) this.#whenRunning(to, () => to.ring === ring && handle(to))
    })
  }

  #reply(from: SimNode, to: SimNode, ring: Ring, handle: () => void): void {
    this.network.stream(from.index, to.index, () => {
      if (to.ring === ring) this.#whenRunning(to, () => to.ring === ring && handle())
    })
  }
}

function viaBytes(messages: readonly PacketMessage[]): readonly PacketMessage[] {
  const bytes = encodePacket(messages, { compress: true })
  assert.ok(bytes.length + SEAL_BYTES <= LAN_TIMING.udpBufferSize, `a packet of ${bytes.length}`)
  const packet = decodePacket(bytes, { keys: [] })
  assert.deepEqual(packet.drops, [])
  return packet.messages
}

const keyOf = ({ addr }: Endpoint): number => addr[2]! * 256 + addr[3]!

/** Where a member is taken to be belongs to what is seen. */
export const viewOf = (ring: Ring): string[] =>
  [...ring.table.values()]
    .filter(isMember)
    .map((entry) => labelOf(entry.name, entry))
    .sort()

export const labelOf = (name: string, { addr }: Endpoint): string => `${name}@${addr.join('.')}`
