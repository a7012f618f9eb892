// One member of a gossip ring and what others say to it, for tests of the step.
import type { Effect, Endpoint, Fact, SwimEvent } from '../../src/membership/event.ts'
import {
  type Alive,
  type Dead,
  type PacketMessage,
  type Suspect,
  VSN,
} from '../../src/membership/message.ts'
import { openRing, type Ring, type RingOptions } from '../../src/membership/ring.ts'
import { nextAt, step } from '../../src/membership/swim.ts'
import { LAN_TIMING } from '../../src/membership/timing.ts'
import { randomOf } from '../sim/random.ts'

/** Node n lives at 10.0.0.n and is called `n<n>`; the member under test is n1. */
export const nameOf = (n: number): string => `n${n}`
export const at = (n: number, port = 7946): Endpoint => ({ addr: Uint8Array.of(10, 0, 0, n), port })

export const alive = (n: number, incarnation = 1, over: Partial<Alive> = {}): Alive => ({
  ...{ kind: 'alive', node: nameOf(n), ...at(n), meta: null, vsn: VSN, incarnation },
  ...over,
})
export const suspect = (n: number, from: number, incarnation = 1): Suspect => ({
  ...{ kind: 'suspect', node: nameOf(n), from: nameOf(from), incarnation },
})
export const dead = (n: number, from: number, incarnation = 1): Dead => ({
  ...{ kind: 'dead', node: nameOf(n), from: nameOf(from), incarnation },
})

export class Member {
  readonly ring: Ring
  now = 0
  /** Of the last step, or of all steps of the last `until`. */
  effects: readonly Effect[] = []

  /** In a ring with n2, n3, … up to `size`. */
  constructor(size: number, over: Partial<RingOptions> = {}) {
    const random = randomOf(1).next
    const own = { name: nameOf(1), ...at(1), timing: LAN_TIMING, random, fastDetector: false }
    this.ring = openRing({ ...own, ...over })
    this.do({ kind: 'start' })
    for (let n = 2; n <= size; n++) this.hear(n, alive(n))
    this.ring.broadcasts.clear()
  }

  do(event: SwimEvent): this {
    this.effects = step(this.ring, event, this.now)
    return this
  }

  hear(from: number, ...messages: PacketMessage[]): this {
    return this.do({ kind: 'packet', from: at(from), messages })
  }

  /** Ticks whenever it is due; `reply` is what the others say to what is sent. */
  until(time: number, reply: (effect: Effect) => SwimEvent | undefined = () => undefined): this {
    const all: Effect[] = []
    while (nextAt(this.ring) <= time) {
      this.now = Math.max(this.now, nextAt(this.ring))
      const due = [...step(this.ring, { kind: 'tick' }, this.now)]
      all.push(...due)
      for (const event of due.map(reply)) if (event) all.push(...step(this.ring, event, this.now))
    }
    this.now = time
    this.effects = all
    return this
  }

  stateOf(n: number): string | undefined {
    return this.ring.table.get(nameOf(n))?.state
  }

  get facts(): Fact[] {
    return this.effects.flatMap((effect) => (effect.kind === 'noted' ? [effect.fact] : []))
  }

  get changes(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'joined' || effect.kind === 'left' || effect.kind === 'changed'
        ? [`${effect.node} ${effect.kind}`]
        : [],
    )
  }

  /** How often it is to be told that it was called dead. */
  get revivals(): number {
    return this.effects.filter(({ kind }) => kind === 'revived').length
  }

  /** `ping→n2`, the kinds of one packet joined by `+`. */
  get sent(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'send'
        ? [`${effect.messages.map(({ kind }) => kind).join('+')}→n${effect.to.addr[3]}`]
        : [],
    )
  }
}

/** Everybody answers pings at once, but these. */
export const answering =
  (...silent: number[]) =>
  (effect: Effect): SwimEvent | undefined => {
    if (effect.kind !== 'send') return undefined
    const [first] = effect.messages
    if (first?.kind !== 'ping' || silent.includes(effect.to.addr[3]!)) return undefined
    const ack = { kind: 'ack', seqNo: first.seqNo, payload: null } as const
    return { kind: 'packet', from: effect.to, messages: [ack] }
  }
