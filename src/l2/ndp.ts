// Bytes of a neighbour solicitation or advertisement, from the Ethernet header on ↔ packet (RFC 4861).
// Both directions fill what they are given, as in arp.ts. All that §7.1 asks of a receiver is here.
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts'
import { DROP, type DropCode } from './drops.ts'
import { ETHERNET_BYTES, type Frame } from './frame.ts'
import { isStation, type Mac, readMac, writeMac } from './mac.ts'

export interface NdpPacket {
  /** Of the Ethernet header. */
  destination: Mac
  source: Mac
  /** Of the IPv6 header, 16 bytes each. */
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** SOLICITATION or ADVERTISEMENT. */
  type: number
  /** RFC 4861 §4.4: R, S and O as they stand in the first byte; 0 in a solicitation. */
  flags: number
  readonly target: Uint8Array
  /** Of the source in a solicitation, of the target in an advertisement; 0: it does not say. */
  linkLayer: Mac
}

export const SOLICITATION = 135
export const ADVERTISEMENT = 136
export const SOLICITED = 0x40
export const OVERRIDE = 0x20
/** What we write: headers, target, one option. */
export const NDP_FRAME_BYTES = 86

const ETHERTYPE_IPV6 = 0x86dd
const NEXT_HEADER_ICMPV6 = 58
const HOP_LIMIT = 255
const IPV6_BYTES = 40
const ICMP_BYTES = 24
const HEADER_BYTES = ETHERNET_BYTES + IPV6_BYTES

export const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
const UNSPECIFIED = new Uint8Array(16)
const SOLICITED_NODE = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff)

export const emptyNdp = (): NdpPacket => ({
  destination: 0,
  source: 0,
  from: new Uint8Array(16),
  to: new Uint8Array(16),
  type: 0,
  flags: 0,
  target: new Uint8Array(16),
  linkLayer: 0,
})

/** Fills the packet and returns 0, or says why it is none; the packet is then worth nothing. */
export function readNdp(frame: Frame, packet: NdpPacket): DropCode {
  const { bytes, at, length } = frame
  if (length < HEADER_BYTES + ICMP_BYTES) return DROP['too-short']
  const ip = at + ETHERNET_BYTES
  const icmp = at + HEADER_BYTES
  if (readU16(bytes, at + 12) !== ETHERTYPE_IPV6 || bytes[ip]! >> 4 !== 6) {
    return DROP['other-protocol']
  }
  // An extension header before ICMPv6 is not followed: nobody sends one here but to deceive (RFC 6980).
  if (bytes[ip + 6] !== NEXT_HEADER_ICMPV6) return DROP['other-protocol']
  const type = bytes[icmp]!
  if ((type !== SOLICITATION && type !== ADVERTISEMENT) || bytes[icmp + 1] !== 0) {
    return DROP['other-protocol']
  }
  if (bytes[ip + 7] !== HOP_LIMIT) return DROP['hop-limit']
  const icmpBytes = readU16(bytes, ip + 4)
  if (icmpBytes < ICMP_BYTES || HEADER_BYTES + icmpBytes > length) return DROP['too-short']
  if (checksum(bytes, ip, icmpBytes) !== 0) return DROP.checksum
  packet.destination = readMac(bytes, at)
  packet.source = readMac(bytes, at + 6)
  packet.type = type
  packet.flags = type === ADVERTISEMENT ? bytes[icmp + 4]! & 0xe0 : 0
  copyAddress(bytes, ip + 8, packet.from, 0)
  copyAddress(bytes, ip + 24, packet.to, 0)
  copyAddress(bytes, icmp + 8, packet.target, 0)
  return readOptions(bytes, icmp + ICMP_BYTES, icmp + icmpBytes, packet) || checkAddresses(packet)
}

function readOptions(bytes: Uint8Array, from: number, end: number, packet: NdpPacket): DropCode {
  const wanted = optionOf(packet.type)
  packet.linkLayer = 0
  for (let at = from; at < end; ) {
    // RFC 4861 §4.6: units of eight bytes, and a length of zero means that all of it is void.
    const size = at + 1 < end ? bytes[at + 1]! * 8 : 0
    if (size === 0 || at + size > end) return DROP.option
    if (bytes[at] === wanted && size === 8) {
      const mac = readMac(bytes, at + 2)
      if (!isStation(mac)) return DROP['bad-address']
      packet.linkLayer = mac
    }
    at += size
  }
  return DROP.answered
}

/** RFC 4861 §7.1.1 and §7.1.2. */
function checkAddresses(packet: NdpPacket): DropCode {
  if (isMulticast(packet.target) || isMulticast(packet.from)) return DROP['bad-address']
  if (packet.type === ADVERTISEMENT) {
    const contradicts = isMulticast(packet.to) && (packet.flags & SOLICITED) !== 0
    return contradicts ? DROP['bad-address'] : DROP.answered
  }
  if (!isUnspecified(packet.from)) return DROP.answered
  // Somebody asks whether the address is free for it: it has none, so it says no link-layer address.
  return isSolicitedNode(packet.to) && packet.linkLayer === 0 ? DROP.answered : DROP['bad-address']
}

/** Writes a whole frame and returns its length. Without `linkLayer` the option is left out. */
export function writeNdp(bytes: Uint8Array, at: number, packet: NdpPacket): number {
  const ip = at + ETHERNET_BYTES
  const icmp = at + HEADER_BYTES
  const icmpBytes = packet.linkLayer === 0 ? ICMP_BYTES : ICMP_BYTES + 8
  writeMac(bytes, at, packet.destination)
  writeMac(bytes, at + 6, packet.source)
  writeU16(bytes, at + 12, ETHERTYPE_IPV6)
  writeU32(bytes, ip, 0x6000_0000)
  writeU16(bytes, ip + 4, icmpBytes)
  bytes[ip + 6] = NEXT_HEADER_ICMPV6
  bytes[ip + 7] = HOP_LIMIT
  copyAddress(packet.from, 0, bytes, ip + 8)
  copyAddress(packet.to, 0, bytes, ip + 24)
  bytes[icmp] = packet.type
  bytes[icmp + 1] = 0
  writeU16(bytes, icmp + 2, 0)
  writeU32(bytes, icmp + 4, packet.flags << 24)
  copyAddress(packet.target, 0, bytes, icmp + 8)
  if (packet.linkLayer !== 0) {
    bytes[icmp + 24] = optionOf(packet.type)
    bytes[icmp + 25] = 1
    writeMac(bytes, icmp + 26, packet.linkLayer)
  }
  writeU16(bytes, icmp + 2, checksum(bytes, ip, icmpBytes))
  return HEADER_BYTES + icmpBytes
}

/** Tells the whole link where the address is now, also those who think they know (RFC 4861 §7.2.6). */
export function writeUnsolicitedAdvertisement(
  bytes: Uint8Array,
  at: number,
  { mac, target }: { mac: Mac; target: Uint8Array },
): number {
  return writeNdp(bytes, at, {
    destination: multicastMac(ALL_NODES),
    source: mac,
    from: target,
    to: ALL_NODES,
    type: ADVERTISEMENT,
    flags: OVERRIDE,
    target,
    linkLayer: mac,
  })
}

/** RFC 4862 §5.4.2: does anybody have this address? From nobody, so that nobody's table changes. */
export function writeDuplicateDetection(
  bytes: Uint8Array,
  at: number,
  { mac, target }: { mac: Mac; target: Uint8Array },
): number {
  const group = solicitedNodeGroup(target)
  return writeNdp(bytes, at, {
    destination: multicastMac(group),
    source: mac,
    from: UNSPECIFIED,
    to: group,
    type: SOLICITATION,
    flags: 0,
    target,
    linkLayer: 0,
  })
}

/** The group that solicitations for this address go to (RFC 4291 §2.7.1). */
export function solicitedNodeGroup(address: Uint8Array): Uint8Array {
  const group = Uint8Array.from(address)
  group.set(SOLICITED_NODE)
  return group
}

/** RFC 2464 §7. */
export const multicastMac = (group: Uint8Array): Mac => 0x3333 * 2 ** 32 + readU32(group, 12)

export function isUnspecified(address: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (address[i] !== 0) return false
  return true
}

/** Without the view that `set(subarray())` would make. */
export function copyAddress(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < 16; i++) to[toAt + i] = from[at + i]!
}

const isMulticast = (address: Uint8Array): boolean => address[0] === 0xff

function isSolicitedNode(address: Uint8Array): boolean {
  for (let i = 0; i < SOLICITED_NODE.length; i++) {
    if (address[i] !== SOLICITED_NODE[i]) return false
  }
  return true
}

/** Source link-layer address, target link-layer address. */
const optionOf = (type: number): number => (type === SOLICITATION ? 1 : 2)

/** RFC 4443 §2.3. Over a message that carries its own checksum: 0 when it is right. */
function checksum(bytes: Uint8Array, ip: number, icmpBytes: number): number {
  const icmp = ip + IPV6_BYTES
  // The two addresses stand right before the message, so one loop takes all three.
  let sum = icmpBytes + NEXT_HEADER_ICMPV6
  const end = icmp + icmpBytes
  for (let at = ip + 8; at + 1 < end; at += 2) sum += readU16(bytes, at)
  if (icmpBytes % 2 === 1) sum += bytes[end - 1]! << 8
  // Two folds are enough for the 32768 words an IPv6 payload can have.
  sum = (sum & 0xffff) + (sum >>> 16)
  sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
