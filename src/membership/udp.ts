// Datagrams of the gossip: one socket, bound to the address that the others know, for both directions.
// Bytes become messages here, or the count of a reason; what messages mean is the ring's.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { DropReason } from './drop.ts'
import { addressText, wireAddress } from './endpoint.ts'
import type { Endpoint } from './event.ts'
import type { PacketMessage } from './message.ts'
import { decodePacket, encodePacket, type Receiving, type Sending } from './wire.ts'

/** What Go's has: a ring of thousands may all gossip to one within one pause of ours. */
const RECEIVE_BUFFER_BYTES = 2 << 20

export interface UdpOptions {
  readonly address: string
  readonly port: number
  readonly receiving: Receiving
  /** Called for each packet: a nonce must not come twice. */
  readonly sending: () => Sending
  readonly onPacket: (from: Endpoint, messages: readonly PacketMessage[]) => void
  readonly onDrop: (reason: DropReason, from: Endpoint) => void
  /** It could not go out, or the socket complains: a link is down, a route is missing. */
  readonly onError: (error: Error) => void
}

export async function openUdp(options: UdpOptions): Promise<Udp> {
  const { address, port } = options
  const type = wireAddress(address)?.length === 16 ? 'udp6' : 'udp4'
  const socket = createSocket({
    ...{ type, ipv6Only: type === 'udp6', recvBufferSize: RECEIVE_BUFFER_BYTES },
    // Every address here is one. By default each packet would ask the resolver, which may take a thread.
    lookup: (host, _options, found) => found(null, host, type === 'udp6' ? 6 : 4),
  })
  const listening = once(socket, 'listening')
  socket.bind({ address, port })
  try {
    await listening
  } catch (cause) {
    socket.close()
    throw new Error(`cannot gossip from ${address}, UDP port ${port}`, { cause })
  }
  return new Udp(socket, options)
}

export class Udp {
  readonly #socket: Socket
  readonly #options: UdpOptions
  #received = 0
  #sent = 0

  constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('error', options.onError)
    socket.on('message', (bytes, from) => this.#take(bytes, from))
  }

  get received(): number {
    return this.#received
  }

  get sent(): number {
    return this.#sent
  }

  send(to: Endpoint, messages: readonly PacketMessage[]): void {
    // A node that advertises no port cannot be reached, and a socket would throw.
    if (to.port === 0) return
    this.#sent++
    const { compress = false, ...sending } = this.#options.sending()
    // One message alone hardly gets shorter, and most packets are pings.
    const bytes = encodePacket(messages, { ...sending, compress: compress && messages.length > 1 })
    this.#socket.send(bytes, to.port, addressText(to.addr), (error) => {
      if (error) this.#options.onError(error)
    })
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #take(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    this.#received++
    const { onPacket, onDrop, receiving } = this.#options
    // A link-local source carries its interface, which nobody could put into a message.
    const addr = wireAddress(address.replace(/%.*$/, ''))
    if (!addr) return
    const from = { addr, port }
    const { messages, drops } = decodePacket(bytes, receiving)
    for (const reason of drops) onDrop(reason, from)
    if (messages.length > 0) onPacket(from, messages)
  }
}
