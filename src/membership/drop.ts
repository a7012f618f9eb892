// Why bytes from the network became no message: the label of a metric and a word in the log. A short
// closed list, so that a hostile sender cannot invent more.

export const DROP_REASONS = [
  /** Not a frame: too short, of an unknown version, or plain where it must be sealed. */
  'not-sealed',
  /** Sealed where no key is configured. */
  'sealed',
  /** No key of ours opens it: another ring, another key length, or changed on the way. */
  'no-key',
  /** Carries a label we do not have, or lacks ours. */
  'label',
  'checksum',
  /** A type byte the protocol does not know, or none at all. */
  'unknown-type',
  /** A type that does not travel this way: a table in a datagram, gossip in a stream. */
  'misplaced',
  /** Ends before it is complete. */
  'truncated',
  /** Not msgpack, not the fields it should have, not LZW. */
  'malformed',
  /** A number, an address or a state that cannot be. */
  'out-of-range',
  /** A name that is empty, too long, or not UTF-8: it could not be compared with any node's. */
  'bad-name',
  /** Beyond a limit: nesting, inflated size, length, number of parts or nodes. */
  'too-large',
] as const
export type DropReason = (typeof DROP_REASONS)[number]

/** Thrown inside the decoders only; decodePacket and StreamReader turn it into a value. */
export class Drop extends Error {
  readonly reason: DropReason

  constructor(reason: DropReason) {
    super(reason)
    this.reason = reason
  }
}

/** What `read` returns, or why it had to be dropped. Errors that are ours go on their way. */
export function orDrop<T>(read: () => T): T | { readonly drop: DropReason } {
  try {
    return read()
  } catch (error) {
    if (error instanceof Drop) return { drop: error.reason }
    throw error
  }
}
