// What happens to a member and what it does about it, as values: the language between swim.ts, which
// decides, and the sockets. A stream that fails is no event: the protocol has no answer to it.
import type { Dead, PacketMessage, Ping, PushPull, WireAddress } from './message.ts'

export interface Endpoint {
  readonly addr: WireAddress
  readonly port: number
}

export type SwimEvent =
  /** The sockets are bound. Timers start, nobody is joined to yet. */
  | { readonly kind: 'start' }
  /** `nextAt` has come. */
  | { readonly kind: 'tick' }
  /** One datagram; `from` is where it really came from. */
  | {
      readonly kind: 'packet'
      readonly from: Endpoint
      readonly messages: readonly PacketMessage[]
    }
  /** Somebody opened a stream and pushed its table; an `answer` is among the effects. */
  | { readonly kind: 'asked'; readonly table: PushPull }
  /** What came back on an `exchange` of ours. */
  | { readonly kind: 'answered'; readonly table: PushPull }
  /** What came back on a `streamPing` of ours. */
  | { readonly kind: 'streamAck'; readonly seqNo: number }
  | { readonly kind: 'join'; readonly to: readonly Endpoint[] }
  | { readonly kind: 'leave' }

export type Effect =
  /** All of it in one datagram; what is pending for everybody is in it already, and fits. */
  | { readonly kind: 'send'; readonly to: Endpoint; readonly messages: readonly PacketMessage[] }
  /** Open a stream, push this table, read the other's. */
  | { readonly kind: 'exchange'; readonly to: Endpoint; readonly table: PushPull }
  /** The reply on the stream of the `asked` that this step was given. */
  | { readonly kind: 'answer'; readonly table: PushPull }
  /** The same ping on a stream, for networks that lose datagrams only. */
  | {
      readonly kind: 'streamPing'
      readonly to: Endpoint
      readonly ping: Ping
      readonly timeoutMs: number
    }
  /** The set of members grew or shrank. */
  | { readonly kind: 'joined' | 'left'; readonly node: string }
  /** What a member says of itself; the set is the same. */
  | { readonly kind: 'changed'; readonly node: string }
  /** The others were told that we are dead, and may have acted on it; once for each time it was said. */
  | { readonly kind: 'revived' }
  /** Leaving is told as often as it should be: the sockets may close. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'noted'; readonly fact: Fact }

/** Worth a line in the log or a count; nothing depends on them. */
export type Fact =
  | { readonly what: 'suspected'; readonly node: string; readonly from: string }
  /** A member lost its place: by time, by the fast detector or by itself. */
  | { readonly what: 'dead'; readonly node: string; readonly from: string }
  /** We were accused, and said that we live. */
  | { readonly what: 'refuted'; readonly incarnation: number }
  /** Somebody else uses a name at another address. It is refused; ours are the address and port held. */
  | {
      readonly what: 'conflict'
      readonly node: string
      readonly held: Endpoint
      readonly refused: Endpoint
    }
  /** A table was refused as a whole: the sides speak no common version. */
  | { readonly what: 'incompatible'; readonly node: string }
  /** An answer does not list us: our own table was refused there. */
  | { readonly what: 'unlisted' }
  /** There are more nodes than we are willing to remember. */
  | { readonly what: 'full'; readonly node: string }
  /** The fast detector accuses. */
  | { readonly what: 'accused'; readonly accusation: Dead }
  /** It would have, but so many look down that it must be us. */
  | { readonly what: 'spared'; readonly node: string }
  /** We did not run for so long; it counts against nobody. */
  | { readonly what: 'late'; readonly ms: number }

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && sameBytes(a.addr, b.addr)

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === b) return true
  // No metadata and empty metadata say the same; only the wire tells them apart.
  let at = a?.length ?? 0
  if (at !== (b?.length ?? 0)) return false
  // From the end, where the addresses of one network differ: it is asked for every packet.
  while (at > 0 && a![at - 1] === b![at - 1]) at--
  return at === 0
}
