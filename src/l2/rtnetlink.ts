// Bytes ↔ rtnetlink messages about interfaces and their IPv6 addresses (linux/rtnetlink.h, if_link.h,
// if_addr.h). Numbers are in the machine's order, and every machine we run on is little endian. What
// follows from a message is links.ts.
import { type Mac, readMac } from './mac.ts'

export interface LinkMessage {
  readonly kind: 'link'
  readonly index: number
  readonly name: string
  /** IFF_*, see links.ts. */
  readonly flags: number
  /** Undefined unless it has six bytes. */
  readonly mac: Mac | undefined
  /** Index of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined
  /** What kind of thing that is: 'bridge', 'bond', 'vrf', … */
  readonly masterKind: string | undefined
}

export interface AddressMessage {
  readonly kind: 'address' | 'address-gone'
  readonly index: number
  /** IFA_F_*, see links.ts. */
  readonly flags: number
  /** IPv6, 16 bytes. */
  readonly address: Uint8Array
}

export type RouteMessage =
  | LinkMessage
  | AddressMessage
  | { readonly kind: 'link-gone'; readonly index: number }
  /** A dump is complete; or not, when something changed in the meantime. */
  | { readonly kind: 'done'; readonly sequence: number; readonly isTorn: boolean }
  | { readonly kind: 'error'; readonly sequence: number; readonly errno: number }

export type Dump = 'links' | 'addresses'

const HEADER_BYTES = 16
const AF_INET6 = 10
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_NEWADDR = 20
const RTM_DELADDR = 21
const RTM_GETADDR = 22
const REQUEST_DUMP = 0x1 | 0x300
const DUMP_INTERRUPTED = 0x10

const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MASTER = 10
const IFLA_LINKINFO = 18
const IFLA_INFO_SLAVE_KIND = 4
const IFLA_EXT_MASK = 29
const SKIP_STATISTICS = 8
const IFA_ADDRESS = 1
const IFA_FLAGS = 8

/** Asks for all links, without their statistics, or for all IPv6 addresses. */
export function encodeDump(what: Dump, sequence: number): Uint8Array {
  const body = what === 'links' ? linkRequest() : Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0)
  const bytes = new Uint8Array(HEADER_BYTES + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, what === 'links' ? RTM_GETLINK : RTM_GETADDR, true)
  view.setUint16(6, REQUEST_DUMP, true)
  view.setUint32(8, sequence, true)
  bytes.set(body, HEADER_BYTES)
  return bytes
}

/** `struct ifinfomsg` and one attribute. */
function linkRequest(): Uint8Array {
  const body = new Uint8Array(16 + 8)
  const view = new DataView(body.buffer)
  view.setUint16(16, 8, true)
  view.setUint16(18, IFLA_EXT_MASK, true)
  view.setUint32(20, SKIP_STATISTICS, true)
  return body
}

/** All messages of one datagram that concern us. What is cut off or makes no sense is left out. */
export function decodeRoute(bytes: Uint8Array): RouteMessage[] {
  const messages: RouteMessage[] = []
  const view = viewOf(bytes)
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length < HEADER_BYTES || at + length > bytes.length) break
    const message = decodeMessage(bytes.subarray(at, at + length))
    if (message) messages.push(message)
    at += aligned(length)
  }
  return messages
}

function decodeMessage(bytes: Uint8Array): RouteMessage | undefined {
  const view = viewOf(bytes)
  const body = bytes.subarray(HEADER_BYTES)
  const sequence = view.getUint32(8, true)
  switch (view.getUint16(4, true)) {
    case NLMSG_DONE: {
      const isTorn = (view.getUint16(6, true) & DUMP_INTERRUPTED) !== 0
      return { kind: 'done', sequence, isTorn }
    }
    case NLMSG_ERROR:
      if (body.length < 4) return undefined
      return { kind: 'error', sequence, errno: -viewOf(body).getInt32(0, true) }
    case RTM_NEWLINK:
      return decodeLink(body)
    case RTM_DELLINK: {
      // Of the bridge's family it says that a port has left its bridge; the link itself goes on.
      if (body.length < 16 || body[0] !== 0) return undefined
      return { kind: 'link-gone', index: viewOf(body).getInt32(4, true) }
    }
    case RTM_NEWADDR:
      return decodeAddress('address', body)
    case RTM_DELADDR:
      return decodeAddress('address-gone', body)
    default:
      return undefined
  }
}

function decodeLink(body: Uint8Array): LinkMessage | undefined {
  if (body.length < 16 || body[0] !== 0) return undefined
  const view = viewOf(body)
  const attributes = attributesOf(body.subarray(16))
  const name = textOf(attributes.get(IFLA_IFNAME))
  if (name === undefined) return undefined
  const mac = attributes.get(IFLA_ADDRESS)
  const info = attributesOf(attributes.get(IFLA_LINKINFO) ?? new Uint8Array())
  return {
    kind: 'link',
    index: view.getInt32(4, true),
    name,
    flags: view.getUint32(8, true),
    mac: mac?.length === 6 ? readMac(mac, 0) : undefined,
    master: numberOf(attributes.get(IFLA_MASTER)),
    masterKind: textOf(info.get(IFLA_INFO_SLAVE_KIND)),
  }
}

function decodeAddress(kind: AddressMessage['kind'], body: Uint8Array): AddressMessage | undefined {
  if (body.length < 8 || body[0] !== AF_INET6) return undefined
  const attributes = attributesOf(body.subarray(8))
  const address = attributes.get(IFA_ADDRESS)
  if (address?.length !== 16) return undefined
  // The attribute has all bits, the byte of the header the lowest eight.
  const flags = numberOf(attributes.get(IFA_FLAGS)) ?? body[2]!
  const index = viewOf(body).getUint32(4, true)
  return { kind, index, flags, address: Uint8Array.from(address) }
}

/** The first one of each type; the two highest bits of a type are marks. */
function attributesOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>()
  const view = viewOf(bytes)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > bytes.length) break
    const type = view.getUint16(at + 2, true) & 0x3fff
    if (!attributes.has(type)) attributes.set(type, bytes.subarray(at + 4, at + length))
    at += aligned(length)
  }
  return attributes
}

const aligned = (length: number) => (length + 3) & ~3

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const numberOf = (bytes: Uint8Array | undefined) =>
  bytes && bytes.length >= 4 ? viewOf(bytes).getUint32(0, true) : undefined

/** Up to the zero at its end. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes) return undefined
  const end = bytes.indexOf(0)
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('utf8')
}
