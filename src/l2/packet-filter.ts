// Which frames the kernel hands over at all, as programs of classic BPF: data for SO_ATTACH_FILTER.
// Offsets count from the Ethernet header. What a frame means is decided in answer.ts; this only keeps
// a node's other traffic away from us.
import { PACKET_BROADCAST, PACKET_MULTICAST } from './frame.ts'

/** `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly value: number
}

// linux/bpf_common.h
const LOAD = { 1: 0x30, 2: 0x28, 4: 0x20 } as const
const JUMP_EQUAL = 0x15
const JUMP_GREATER = 0x25
const RETURN = 0x06
/** SKF_AD_OFF + SKF_AD_PKTTYPE: not of the frame, but what the kernel thinks of it. */
const PACKET_TYPE = 0xffff_f004

/** One condition; a frame that fails any of them does not come in. */
type Test = { readonly bytes: 1 | 2 | 4; readonly at: number } & (
  | { readonly oneOf: readonly number[] }
  | { readonly atMost: number }
)

/**
 * Requests and replies: that another machine has our address may stand in either. To us or to all:
 * frames of a VLAN that has no interface here are marked as another host's.
 */
export const ARP_FILTER: readonly Instruction[] = assemble({
  tests: [
    { bytes: 1, at: PACKET_TYPE, atMost: PACKET_BROADCAST },
    { bytes: 4, at: 14, oneOf: [0x0001_0800] },
    { bytes: 2, at: 18, oneOf: [0x0604] },
    { bytes: 2, at: 20, oneOf: [1, 2] },
  ],
  acceptBytes: 64,
})

/** ICMPv6 first, so that nearly all of a node's IPv6 traffic leaves after two instructions. */
export const NDP_FILTER: readonly Instruction[] = assemble({
  tests: [
    { bytes: 1, at: 20, oneOf: [58] },
    // Solicitation or advertisement, code 0.
    { bytes: 2, at: 54, oneOf: [0x8700, 0x8800] },
    { bytes: 1, at: 21, oneOf: [255] },
    { bytes: 1, at: PACKET_TYPE, atMost: PACKET_MULTICAST },
  ],
  acceptBytes: 256,
})

interface Filter {
  readonly tests: readonly Test[]
  readonly acceptBytes: number
}

function assemble({ tests, acceptBytes }: Filter): Instruction[] {
  const sizes = tests.map((test) => ('oneOf' in test ? 1 + test.oneOf.length : 2))
  let left = sizes.reduce((sum, size) => sum + size, 0)
  const program = tests.flatMap((test) => {
    const lines = linesOf(test, left)
    left -= lines.length
    return lines
  })
  return [...program, returning(acceptBytes), returning(0)]
}

/** `left` instructions, ours included, stand before "accept"; behind that is "reject". */
function linesOf(test: Test, left: number): Instruction[] {
  const load = { code: LOAD[test.bytes], jumpTrue: 0, jumpFalse: 0, value: test.at }
  // Jumps count from the instruction after: of the n-th of ours, left - n - 1 to "accept", one more to "reject".
  const reject = (n: number) => left - n
  if ('atMost' in test) {
    return [load, { code: JUMP_GREATER, jumpTrue: reject(1), jumpFalse: 0, value: test.atMost }]
  }
  const last = test.oneOf.length - 1
  return [
    load,
    ...test.oneOf.map((value, i) => ({
      code: JUMP_EQUAL,
      jumpTrue: last - i,
      jumpFalse: i === last ? reject(i + 1) : 0,
      value,
    })),
  ]
}

function returning(value: number): Instruction {
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, value }
}

/** As the kernel reads it: eight bytes each, little endian. */
export function encodeFilter(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [i, { code, jumpTrue, jumpFalse, value }] of program.entries()) {
    view.setUint16(i * 8, code, true)
    bytes[i * 8 + 2] = jumpTrue
    bytes[i * 8 + 3] = jumpFalse
    view.setUint32(i * 8 + 4, value, true)
  }
  return bytes
}
