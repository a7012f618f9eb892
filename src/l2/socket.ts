// The sockets of layer 2, opened and bound. The only place that says which kinds, options and filters.
import assert from 'node:assert/strict'
import {
  bindSocket,
  closeSocket,
  isSystemError,
  memoryOf,
  memoryWith,
  openSocket,
  setOption,
} from './libc.ts'
import { WITHOUT_NET_RAW } from './machine.ts'
import { encodeFilter, type Instruction } from './packet-filter.ts'

const AF_INET6 = 10
const AF_NETLINK = 16
const AF_PACKET = 17
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const NETLINK_ROUTE = 0
/** RTMGRP_LINK and RTMGRP_IPV6_IFADDR. */
const LINKS_AND_ADDRESSES = 0x1 | 0x100

const SOL_SOCKET = 1
const SO_ATTACH_FILTER = 26
const BUFFERS = {
  receive: { plain: 8, force: 33 },
  send: { plain: 7, force: 32 },
} as const
const IPPROTO_IPV6 = 41
const IPV6_MEMBERSHIP = { join: 20, leave: 21 } as const

/** Small frames cost the kernel three quarters of a kilobyte each: room for 5,000 of them. */
const BUFFER_BYTES = 4 * 1024 * 1024

export interface PacketSocketOptions {
  /** EtherType. */
  readonly protocol: number
  readonly filter: readonly Instruction[]
  /** Told when the kernel grants less than what is wanted. */
  readonly note: (message: string) => void
}

/**
 * One for all interfaces: one bound to an interface goes deaf for good when that goes down. Protocol 0
 * keeps it shut until the filter is in place, so nothing unwanted is ever in its queue.
 */
export function openPacketSocket({ protocol, filter, note }: PacketSocketOptions): number {
  return whole(openOrExplain(), (fd) => {
    attachFilter(fd, filter)
    if (!growBuffer(fd, 'receive')) {
      note(
        'without the capability NET_ADMIN the receive buffer is held to net.core.rmem_max: a flood of requests may lose some',
      )
    }
    growBuffer(fd, 'send')
    const name = memoryOf(20)
    name.view.setUint16(0, AF_PACKET, true)
    name.view.setUint16(2, protocol)
    bindSocket(fd, name)
  })
}

function attachFilter(fd: number, filter: readonly Instruction[]): void {
  const program = memoryWith(encodeFilter(filter))
  const value = memoryOf(16)
  value.view.setUint16(0, filter.length, true)
  value.view.setBigUint64(8, BigInt(program.address), true)
  setOption(fd, { level: SOL_SOCKET, name: SO_ATTACH_FILTER, value })
  // Until here the collector must not take it: the kernel knows it by its address only.
  assert(program.bytes.length > 0, 'a filter has instructions')
}

function openOrExplain(): number {
  try {
    return openSocket({ domain: AF_PACKET, type: SOCK_RAW, protocol: 0 })
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error
    throw new Error(WITHOUT_NET_RAW, { cause: error })
  }
}

/** Every change of a link or of an IPv6 address is a message here. */
export function openRouteSocket(): number {
  const kind = { domain: AF_NETLINK, type: SOCK_RAW, protocol: NETLINK_ROUTE }
  return whole(openSocket(kind), (fd) => {
    growBuffer(fd, 'receive')
    const name = memoryOf(12)
    name.view.setUint16(0, AF_NETLINK, true)
    name.view.setUint32(8, LINKS_AND_ADDRESSES, true)
    bindSocket(fd, name)
  })
}

/** Nothing is received on it: it is a member of multicast groups, as the kernel wants a socket for that. */
export const openGroupSocket = (): number =>
  openSocket({ domain: AF_INET6, type: SOCK_DGRAM, protocol: 0 })

export interface Membership {
  readonly group: Uint8Array
  /** Of the interface. */
  readonly index: number
}

export function setMembership(
  fd: number,
  what: 'join' | 'leave',
  { group, index }: Membership,
): void {
  const value = memoryOf(20)
  value.bytes.set(group)
  value.view.setUint32(16, index, true)
  setOption(fd, { level: IPPROTO_IPV6, name: IPV6_MEMBERSHIP[what], value })
}

/** Past the limit of the machine where we may, else up to it. */
function growBuffer(fd: number, which: keyof typeof BUFFERS): boolean {
  const value = memoryOf(4)
  value.view.setUint32(0, BUFFER_BYTES, true)
  const { plain, force } = BUFFERS[which]
  try {
    setOption(fd, { level: SOL_SOCKET, name: force, value })
    return true
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error
    setOption(fd, { level: SOL_SOCKET, name: plain, value })
    return false
  }
}

/** A descriptor outlives the thread that forgot it. */
function whole(fd: number, setUp: (fd: number) => void): number {
  try {
    setUp(fd)
    return fd
  } catch (error) {
    closeSocket(fd)
    throw error
  }
}

export { closeSocket }
