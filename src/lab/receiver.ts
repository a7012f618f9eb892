// A passive BGP neighbour that only listens and writes down, as JSON lines with a time each, what it was
// told. Runs as a process of its own inside a namespace: it is the witness in tests and benchmarks.
//
//   node src/lab/receiver.ts --listen 192.0.2.1 --asn 64512 [--port 179]
import { createServer, type Server, type Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { encodeMessage, encodeOpen, type Message, parseOpen, readMessage, TYPE } from './bgp.ts'
import { type Announced, parseUpdate } from './bgp-update.ts'

/** `at` is in milliseconds since 1970 with fractions, comparable between processes of one machine. */
export type ReceiverEvent = { at: number } & (
  | { event: 'listening'; address: string; port: number }
  | { event: 'established'; peer: string; asn: number; capabilities: number[] }
  | { event: 'update'; peer: string; announced: Announced[]; withdrawn: string[] }
  | { event: 'end-of-rib'; peer: string; family: 'ipv4' | 'ipv6' }
  | { event: 'closed'; peer: string; why: string }
)

type What<T> = T extends unknown ? Omit<T, 'at'> : never

export interface ReceiverOptions {
  asn: number
  listen: string
  port: number
  tell: (event: ReceiverEvent) => void
}

const HOLD_SECONDS = 90
/** Only has to differ from the neighbour's; this is nobody's. */
const ROUTER_ID = '192.0.2.254'
const now = () => performance.timeOrigin + performance.now()

export function receive({ asn, listen, port, tell }: ReceiverOptions): Server {
  const say = (what: What<ReceiverEvent>) => tell({ ...what, at: now() } as ReceiverEvent)
  const server = createServer({ noDelay: true }, (socket) => {
    const session = new Session(socket, asn, say)
    socket.on('data', (bytes) => session.feed(bytes))
    socket.on('error', (error) => session.end(error.message))
    socket.on('close', () => session.end('connection closed'))
  })
  server.listen(port, listen, () => say({ event: 'listening', address: listen, port }))
  return server
}

class Session {
  readonly #socket: Socket
  readonly #peer: string
  readonly #asn: number
  readonly #say: (what: What<ReceiverEvent>) => void
  #pending: Buffer = Buffer.alloc(0)
  #open: { asn: number; capabilities: number[] } | undefined
  #isEstablished = false
  #keepalive: NodeJS.Timeout | undefined
  #hasEnded = false

  constructor(socket: Socket, asn: number, say: (what: What<ReceiverEvent>) => void) {
    this.#socket = socket
    this.#peer = socket.remoteAddress ?? ''
    this.#asn = asn
    this.#say = say
    // Nobody keeps us waiting: a session without an OPEN is closed as well.
    socket.setTimeout(HOLD_SECONDS * 1000, () => this.end('hold time expired'))
  }

  feed(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes])
    for (;;) {
      const message = readMessage(this.#pending)
      if (message === undefined || this.#hasEnded) return
      if ('bad' in message) {
        this.end(message.bad)
        return
      }
      this.#pending = this.#pending.subarray(message.length)
      const complaint = this.#take(message)
      if (complaint !== undefined) this.end(complaint)
    }
  }

  end(why: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearInterval(this.#keepalive)
    this.#socket.destroy()
    this.#say({ event: 'closed', peer: this.#peer, why })
  }

  /** Each of these returns why the session cannot go on, or nothing. */
  #take({ type, body }: Message): string | undefined {
    switch (type) {
      case TYPE.open:
        return this.#takeOpen(body)
      case TYPE.keepalive:
        return this.#takeKeepalive()
      case TYPE.update:
        return this.#takeUpdate(body)
      case TYPE.notification:
        return `notification ${body[0]}/${body[1]}`
      case TYPE.refresh:
        // We have no routes to send again.
        return undefined
      default:
        return `message type ${type}`
    }
  }

  #takeOpen(body: Buffer): string | undefined {
    if (this.#open) return 'a second OPEN'
    const open = parseOpen(body)
    if ('bad' in open) return open.bad
    this.#open = { asn: open.asn, capabilities: open.capabilities.map(({ code }) => code) }
    const answer = { asn: this.#asn, holdTimeSeconds: HOLD_SECONDS, routerId: ROUTER_ID }
    this.#socket.write(Buffer.concat([encodeOpen(answer), encodeMessage(TYPE.keepalive)]))
    // Zero means that neither side sends keepalives (RFC 4271 §4.4).
    const holdMs = Math.min(open.holdTimeSeconds, HOLD_SECONDS) * 1000
    this.#socket.setTimeout(holdMs)
    const beat = () => this.#socket.write(encodeMessage(TYPE.keepalive))
    if (holdMs > 0) this.#keepalive = setInterval(beat, holdMs / 3)
    return undefined
  }

  #takeKeepalive(): string | undefined {
    if (!this.#open) return 'KEEPALIVE before OPEN'
    if (!this.#isEstablished) this.#say({ event: 'established', peer: this.#peer, ...this.#open })
    this.#isEstablished = true
    return undefined
  }

  #takeUpdate(body: Buffer): string | undefined {
    if (!this.#isEstablished) return 'UPDATE before the session was established'
    const update = parseUpdate(body)
    if ('bad' in update) return update.bad
    const { announced, withdrawn, endOfRib } = update
    const peer = this.#peer
    if (endOfRib) this.#say({ event: 'end-of-rib', peer, family: endOfRib })
    else this.#say({ event: 'update', peer, announced, withdrawn })
    return undefined
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '179' },
      asn: { type: 'string', default: '64512' },
    },
  })
  receive({
    asn: Number(values.asn),
    listen: values.listen,
    port: Number(values.port),
    tell: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  })
}
