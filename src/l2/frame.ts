// A received frame as the packet socket hands it over: a piece of one large buffer, with what the
// kernel knows about it. Objects of this kind are reused for every frame.

export interface Frame {
  bytes: Uint8Array
  /** Where the Ethernet header begins, and how much was captured from there. */
  at: number
  length: number
  /** Index of the interface. */
  index: number
  /** `sll_pkttype`, see below. */
  packetType: number
}

// linux/if_packet.h
export const PACKET_HOST = 0
export const PACKET_BROADCAST = 1
export const PACKET_MULTICAST = 2
export const PACKET_OTHERHOST = 3
export const PACKET_OUTGOING = 4

export const ETHERNET_BYTES = 14
/** The shortest frame that Ethernet carries, without its checksum. */
export const FRAME_MIN_BYTES = 60

export const frameOf = (bytes: Uint8Array, index = 1, packetType = PACKET_HOST): Frame => ({
  bytes,
  at: 0,
  length: bytes.length,
  index,
  packetType,
})
