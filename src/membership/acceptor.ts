// The side of a stream that is asked. Anybody on the network may connect, so each connection has a
// deadline, and all together have a number and an amount of memory that they do not exceed.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { DropReason } from './drop.ts'
import type { Ping, PushPull, StreamMessage } from './message.ts'
import { encodeStream, StreamReader } from './stream.ts'
import type { Receiving, Sending } from './wire.ts'

/** As memberlist has it: half of a byte, less one. */
const EXCHANGES_MAX = 127
/**
 * A sealed frame is checked when all of its 20 MiB are there, and each connection may send as many.
 * The table of a real ring has a hundred bytes a node; several of the largest fit in here.
 */
const HELD_BYTES_MAX = 64 << 20

export interface AcceptorOptions {
  readonly address: string
  readonly port: number
  readonly timeoutMs: number
  readonly receiving: Receiving
  readonly sending: () => Sending
  /** Returns what we knew before; nothing where we are about to close. */
  readonly onTable: (table: PushPull) => PushPull | undefined
  /** Whether a ping is for us, and what to answer it with. */
  readonly onPing: (ping: Ping) => StreamMessage | undefined
  readonly onDrop: (reason: DropReason) => void
  /** One was ended for the sake of the others. */
  readonly onEvicted: () => void
}

export async function openAcceptor(options: AcceptorOptions): Promise<Acceptor> {
  const { address: host, port } = options
  // Whoever has asked all may close its half; it wants the answer all the same.
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  const acceptor = new Acceptor(server, options)
  server.listen({ host, port, ipv6Only: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Error(`cannot gossip from ${host}, TCP port ${port}`, { cause })
  }
  return acceptor
}

export class Acceptor {
  readonly #server: Server
  readonly #options: AcceptorOptions
  readonly #open = new Set<Connection>()
  #accepted = 0

  constructor(server: Server, options: AcceptorOptions) {
    this.#server = server
    this.#options = options
    server.on('connection', (socket) => this.#take(socket))
  }

  get accepted(): number {
    return this.#accepted
  }

  /** At once, whatever is under way. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const connection of this.#open) connection.end()
    await closed
  }

  #take(socket: Socket): void {
    this.#accepted++
    const [oldest] = this.#open
    // An honest exchange takes milliseconds, so the one that has been here longest is none.
    if (oldest && this.#open.size >= EXCHANGES_MAX) this.#evict(oldest)
    const onHold = () => this.#makeRoom()
    const connection = new Connection(socket, { ...this.#options, onHold })
    this.#open.add(connection)
    socket.on('close', () => this.#open.delete(connection))
  }

  #makeRoom(): void {
    let bytes = 0
    let largest: Connection | undefined
    for (const one of this.#open) {
      bytes += one.held
      if (one.held > (largest?.held ?? 0)) largest = one
    }
    if (largest && bytes > HELD_BYTES_MAX) this.#evict(largest)
  }

  #evict(connection: Connection): void {
    this.#open.delete(connection)
    connection.end()
    this.#options.onEvicted()
  }
}

interface ConnectionOptions extends AcceptorOptions {
  /** It holds more than before. */
  readonly onHold: () => void
}

class Connection {
  readonly #socket: Socket
  readonly #options: ConnectionOptions
  readonly #reader: StreamReader
  #held = 0
  #timer: NodeJS.Timeout
  #isRead = false

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#reader = new StreamReader(options.receiving)
    this.#timer = this.#deadline()
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('end', () => this.#readEnd())
    // A peer that is gone: what matters of it is told by the other means of the protocol.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => clearTimeout(this.#timer))
  }

  get held(): number {
    return this.#held
  }

  end(): void {
    this.#socket.destroy()
  }

  #deadline(): NodeJS.Timeout {
    return setTimeout(() => this.#socket.destroy(), this.#options.timeoutMs)
  }

  #read(chunk: Uint8Array): void {
    // One question to a connection: what follows is read so that the end is seen, and forgotten.
    if (this.#isRead) return
    this.#held += chunk.length
    this.#options.onHold()
    if (this.#socket.destroyed) return
    const progress = this.#reader.push(chunk)
    if ('need' in progress) return
    this.#isRead = true
    this.#held = 0
    if ('drop' in progress) this.#refuse(progress.drop)
    else this.#answer(progress.message, progress.drops)
  }

  #readEnd(): void {
    if (this.#isRead) return
    // Connected and closed: a port scan or a health check, nothing that was cut short.
    if (this.#held > 0) this.#options.onDrop('truncated')
    this.#socket.destroy()
  }

  /** So that whoever asked can tell its user why the join failed. */
  #refuse(reason: DropReason): void {
    this.#options.onDrop(reason)
    this.#reply({ kind: 'error', error: `the request is refused: ${reason}` })
  }

  #answer(message: StreamMessage, drops: readonly DropReason[]): void {
    for (const reason of drops) this.#options.onDrop(reason)
    const reply = this.#replyTo(message)
    if (reply) this.#reply(reply)
    else this.#socket.destroy()
  }

  #replyTo(message: StreamMessage): StreamMessage | undefined {
    if (message.kind === 'pushPull') return this.#options.onTable(message)
    return message.kind === 'ping' ? this.#options.onPing(message) : undefined
  }

  #reply(message: StreamMessage): void {
    clearTimeout(this.#timer)
    this.#timer = this.#deadline()
    this.#socket.end(encodeStream(message, this.#options.sending()))
  }
}
