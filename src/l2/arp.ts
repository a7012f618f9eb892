// Bytes of an ARP frame, Ethernet header included ↔ packet (RFC 826). Both directions fill what they
// are given: an answer to a flood must make no garbage. Whether and what to answer is answer.ts.
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts'
import { DROP, type DropCode } from './drops.ts'
import { ETHERNET_BYTES, FRAME_MIN_BYTES, type Frame } from './frame.ts'
import { BROADCAST, type Mac, readMac, writeMac } from './mac.ts'

export interface ArpPacket {
  /** Of the Ethernet header. */
  destination: Mac
  source: Mac
  operation: number
  senderMac: Mac
  /** IPv4 addresses as numbers of 32 bits. */
  senderAddress: number
  targetMac: Mac
  targetAddress: number
}

export const REQUEST = 1
export const REPLY = 2
export const ARP_FRAME_BYTES = FRAME_MIN_BYTES

const ETHERTYPE_ARP = 0x0806
/** Hardware Ethernet, protocol IPv4; addresses of 6 and 4 bytes. */
const ETHERNET_IPV4 = 0x0001_0800
const SIX_AND_FOUR = 0x0604
const ARP_BYTES = 28

export const emptyArp = (): ArpPacket => ({
  destination: 0,
  source: 0,
  operation: 0,
  senderMac: 0,
  senderAddress: 0,
  targetMac: 0,
  targetAddress: 0,
})

/** Fills the packet and returns 0, or says why it is none; the packet is then worth nothing. */
export function readArp(frame: Frame, packet: ArpPacket): DropCode {
  const { bytes, at, length } = frame
  if (length < ETHERNET_BYTES + ARP_BYTES) return DROP['too-short']
  const arp = at + ETHERNET_BYTES
  if (readU16(bytes, at + 12) !== ETHERTYPE_ARP) return DROP['other-protocol']
  if (readU32(bytes, arp) !== ETHERNET_IPV4) return DROP['other-protocol']
  if (readU16(bytes, arp + 4) !== SIX_AND_FOUR) return DROP['other-protocol']
  packet.destination = readMac(bytes, at)
  packet.source = readMac(bytes, at + 6)
  packet.operation = readU16(bytes, arp + 6)
  packet.senderMac = readMac(bytes, arp + 8)
  packet.senderAddress = readU32(bytes, arp + 14)
  packet.targetMac = readMac(bytes, arp + 18)
  packet.targetAddress = readU32(bytes, arp + 24)
  return DROP.answered
}

/** Writes a whole frame, padding included, and returns its length. */
export function writeArp(bytes: Uint8Array, at: number, packet: ArpPacket): number {
  const arp = at + ETHERNET_BYTES
  writeMac(bytes, at, packet.destination)
  writeMac(bytes, at + 6, packet.source)
  writeU16(bytes, at + 12, ETHERTYPE_ARP)
  writeU32(bytes, arp, ETHERNET_IPV4)
  writeU16(bytes, arp + 4, SIX_AND_FOUR)
  writeU16(bytes, arp + 6, packet.operation)
  writeMac(bytes, arp + 8, packet.senderMac)
  writeU32(bytes, arp + 14, packet.senderAddress)
  writeMac(bytes, arp + 18, packet.targetMac)
  writeU32(bytes, arp + 24, packet.targetAddress)
  // The buffer is used again and again: what a longer frame left behind is not to leave this host.
  bytes.fill(0, arp + ARP_BYTES, at + ARP_FRAME_BYTES)
  return ARP_FRAME_BYTES
}

/**
 * A gratuitous frame: "this address is at my hardware address". Some systems learn only from requests,
 * some only from replies (RFC 5227 §3), so an announcement is one frame of each.
 */
export function writeGratuitousArp(
  bytes: Uint8Array,
  at: number,
  { mac, address, operation }: { mac: Mac; address: number; operation: number },
): number {
  return writeArp(bytes, at, {
    destination: BROADCAST,
    source: mac,
    operation,
    senderMac: mac,
    senderAddress: address,
    targetMac: BROADCAST,
    targetAddress: address,
  })
}

/** RFC 5227 §2.1.1: who has this address? From nobody, so that nobody's table changes. */
export function writeArpProbe(
  bytes: Uint8Array,
  at: number,
  { mac, address }: { mac: Mac; address: number },
): number {
  return writeArp(bytes, at, {
    destination: BROADCAST,
    source: mac,
    operation: REQUEST,
    senderMac: mac,
    senderAddress: 0,
    targetMac: 0,
    targetAddress: address,
  })
}
