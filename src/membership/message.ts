// What members of the gossip ring say to each other, as values: the step decides on these, wire.ts and
// stream.ts turn them into bytes and back. Apart from both, so that neither has to know the other.
//
// Conventions: an address is 4 or 16 bytes as they stand on the wire; the protocol compares the bytes,
// so the two forms of one IPv4 address are different addresses. Numbers are whole and not negative:
// `seqNo` and `incarnation` 32 bits, ports 16. `null` bytes are Go's nil, which is not the same on the
// wire as no bytes. Decoded byte arrays are copies: keeping one keeps no packet alive.

/** 4 or 16 bytes. */
export type WireAddress = Uint8Array

/** Where to answer, and who asks; Go nodes always tell, older ones need not. */
export interface Source {
  readonly sourceAddr?: WireAddress
  readonly sourcePort?: number
  readonly sourceNode?: string
}

export interface Ping extends Source {
  readonly kind: 'ping'
  /** Whom it is meant for; anybody else ignores it. Empty: whoever gets it. */
  readonly node: string
  readonly seqNo: number
}

/** "Ping `node` for me, I cannot reach it." */
export interface IndirectPing extends Source {
  readonly kind: 'indirectPing'
  readonly node: string
  readonly seqNo: number
  readonly target: WireAddress
  /** 0: the port everybody uses. */
  readonly port: number
  /** The asker wants to hear of a failure as well. */
  readonly nack: boolean
}

export interface Ack {
  readonly kind: 'ack'
  readonly seqNo: number
  readonly payload: Uint8Array | null
}

export interface Nack {
  readonly kind: 'nack'
  readonly seqNo: number
}

interface Accusation {
  readonly incarnation: number
  readonly node: string
  readonly from: string
}

export interface Suspect extends Accusation {
  readonly kind: 'suspect'
}

/** `from` the node itself: it leaves. */
export interface Dead extends Accusation {
  readonly kind: 'dead'
}

/** What a member tells of itself. */
interface Announced {
  readonly incarnation: number
  readonly addr: WireAddress
  readonly port: number
  readonly meta: Uint8Array | null
  /** Protocol min, max, current, then the delegate's; up to 6 bytes, which the step judges. */
  readonly vsn: Uint8Array
}

export interface Alive extends Announced {
  readonly kind: 'alive'
  readonly node: string
}

/** In the order of their numbers on the wire. */
export const NODE_STATES = ['alive', 'suspect', 'dead', 'left'] as const
export type NodeState = (typeof NODE_STATES)[number]

/** One row of a member's table. */
export interface PushPullNode extends Announced {
  readonly name: string
  readonly state: NodeState
}

/** The whole table; the other side answers with its own. */
export interface PushPull {
  readonly kind: 'pushPull'
  readonly join: boolean
  readonly nodes: readonly PushPullNode[]
  readonly userState: Uint8Array
}

/** Why a stream was not accepted. */
export interface ErrorReply {
  readonly kind: 'error'
  readonly error: string
}

/** Nothing of MetalLB's sends one; read, so that it can be ignored. */
export interface User {
  readonly kind: 'user'
  readonly payload: Uint8Array
}

/** What travels in datagrams. */
export type PacketMessage = Ping | IndirectPing | Ack | Nack | Suspect | Alive | Dead | User
/** What travels in streams, one to a direction. */
export type StreamMessage = Ping | Ack | PushPull | ErrorReply | User
export type Message = PacketMessage | StreamMessage

/** The version vector of everybody who uses MetalLB's settings: protocol 1 to 5, speaking 2. */
export const VSN: Uint8Array = Uint8Array.of(1, 5, 2, 0, 0, 0)
