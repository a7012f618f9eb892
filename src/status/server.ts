// One HTTP listener of a role: what its routes answer, to whoever reaches the port and passes the gate.
// The bounds on what comes from the network are here, in `crowd.ts` and in `streams.ts`.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { CONNECTIONS, Crowd, type Seat } from './crowd.ts'
import type { Asked, Gate } from './gate.ts'
import { HEADERS, refused, send, TOO_MUCH } from './reply.ts'
import type { Answer, Route, Routes, StreamRoute } from './routes.ts'
import { Streams } from './streams.ts'

/** Both as PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

export interface Tls {
  readonly settings: Pick<TlsOptions, 'minVersion' | 'ciphers' | 'ecdhCurve'>
  readonly certificate: Certificate
}

export interface ServerOptions {
  /** Empty: every address of the machine. */
  readonly host: string
  readonly port: number
  readonly routes: Routes
  /** Plain HTTP without. */
  readonly tls?: Tls | undefined
  /** Who may look at what is not open to everybody; without one, everybody. */
  readonly gate?: Gate | undefined
  readonly onError: (error: unknown) => void
  /** Who says or reads nothing for so long is cut off, and a request that is not complete by then. */
  readonly patienceMs?: number
}

/** A token of a service account is about one KiB. */
const HEADER_BYTES = 8192
const HEADERS_MAX = 64
const PATIENCE_MS = 10_000
/** A plan is long and some lines are slow: an answer may take so many times the patience in all. */
const READING = 6

const STANDING: Seat = { hold: () => true, leave: () => {} }

export async function openServer(options: ServerOptions): Promise<StatusServer> {
  const { host, port } = options
  const server = createBounded(options)
  const opened = new StatusServer(server, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot serve metrics on ${host}:${port}`, { cause }))
    })
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve)
  })
  return opened
}

function createBounded({ tls, patienceMs = PATIENCE_MS }: ServerOptions): Server | TlsServer {
  const bounds = {
    maxHeaderSize: HEADER_BYTES,
    // Who says nothing after connecting, and who says one letter at a time.
    ...{ headersTimeout: patienceMs, requestTimeout: patienceMs },
    connectionsCheckingInterval: patienceMs / 5,
  }
  const server = tls
    ? createTlsServer({ ...bounds, handshakeTimeout: patienceMs, ...contextOf(tls) })
    : createServer(bounds)
  server.maxConnections = CONNECTIONS
  server.maxHeadersCount = HEADERS_MAX
  // Who reads nothing of what it asked for.
  server.timeout = patienceMs
  return server
}

const contextOf = ({ settings, certificate: { certificate: cert, key } }: Tls) => ({
  ...settings,
  ...{ cert, key },
})

export class StatusServer implements AsyncDisposable {
  readonly #server: Server | TlsServer
  readonly #options: ServerOptions
  readonly #streams = new Streams()
  readonly #crowd = new Crowd()

  constructor(server: Server | TlsServer, options: ServerOptions) {
    this.#server = server
    this.#options = options
    // Before any handshake, which costs more than all else.
    server.on('connection', (socket: Socket) => {
      if (!this.#crowd.enter(socket, performance.now())) socket.destroy()
    })
    // Scanners and clients who trust somebody else are their own trouble.
    server.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy())
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** From now on; connections that stand keep the one they began with. */
  use(certificate: Certificate): void {
    const { tls } = this.#options
    if (!tls) throw new Error('plain HTTP has no certificate')
    const server = this.#server as TlsServer
    server.setSecureContext(contextOf({ ...tls, certificate }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.end()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    // A scraper keeps its connection open; waiting for it would hold up our end.
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { routes, onError, patienceMs = PATIENCE_MS } = this.#options
    const path = pathOf(request)
    const route = routes.get(path)
    const refusal = refused(request, routes, route)
    if (refusal) return send(request, response, refusal)
    // Health is next to nothing to say, and the kubelet is not to wait for others.
    const seat = route!.isOpen ? STANDING : this.#crowd.answer(request.socket)
    if (!seat) return send(request, response, TOO_MUCH)
    const timer = setTimeout(() => request.socket.destroy(), READING * patienceMs).unref()
    const done = () => {
      clearTimeout(timer)
      seat.leave()
    }
    response.once('close', done)
    try {
      const answer = await this.#answer(request, route!, path)
      if (answer) {
        const hasRoom = seat.hold(Buffer.byteLength(answer.text))
        return send(request, response, hasRoom ? answer : TOO_MUCH)
      }
      done()
      this.#stream(request, response, route as StreamRoute)
    } catch (error) {
      onError(error)
      send(request, response, { status: 500, text: 'this page failed; the log says why\n' })
    }
  }

  /** undefined: it is a stream that may begin. */
  async #answer(request: IncomingMessage, route: Route, path: string): Promise<Answer | undefined> {
    const { gate } = this.#options
    const denial = route.isOpen ? undefined : await gate?.(askedBy(request, path))
    if (denial) return denial
    if ('answer' in route) return await route.answer(queryOf(request))
    return this.#streams.isFull ? { status: 503, text: 'too many listen already\n' } : undefined
  }

  #stream(request: IncomingMessage, response: ServerResponse, { stream }: StreamRoute): void {
    // Who has gone while the gate thought about it.
    if (response.destroyed) return
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    try {
      this.#streams.begin(request, response, stream)
    } catch (error) {
      this.#options.onError(error)
      response.destroy()
    }
  }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?')[0]!

const askedBy = ({ headers, socket }: IncomingMessage, path: string): Asked => ({
  path,
  authorization: headers.authorization,
  host: headers.host,
  from: socket.remoteAddress,
})

const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams =>
  new URLSearchParams(url.split('?').slice(1).join('?'))
