// Why a frame got no answer. The hot path tells it as a number, which counts without an allocation;
// metrics and people read the name. The numbers are places in an array of counters.

export const DROP = {
  /** Not a drop: there is an answer. */
  answered: 0,
  /** Shorter than its own headers and lengths say. */
  'too-short': 1,
  /** Neither ARP for IPv4 over Ethernet nor a neighbour solicitation or advertisement. */
  'other-protocol': 2,
  /** RFC 4861 §7.1: it has crossed a router, so it is not from this link. */
  'hop-limit': 3,
  checksum: 4,
  /** An option of length zero, or one that reaches past the end. */
  option: 5,
  /** Addresses that contradict each other or the kind of message. */
  'bad-address': 6,
  /** To another station; we hear it because somebody made the interface promiscuous. */
  'other-host': 7,
  /** From an interface of this machine. */
  own: 8,
  /** It came in where we do not answer: excluded, down, or without the addresses it takes. */
  'silent-interface': 9,
  /** An answer, and to nothing of ours. */
  'not-a-question': 10,
  'not-ours': 11,
  /** We have the address, but not on this interface. */
  'other-interface': 12,
  /** Another machine says that our address is its own, and asks nothing. */
  claimed: 13,
} as const

export type Drop = keyof typeof DROP
export type DropCode = (typeof DROP)[Drop]

/** By number. */
export const DROP_NAMES = Object.keys(DROP) as readonly Drop[]
