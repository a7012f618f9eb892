// One HTTP listener of a role: what its routes answer, to whoever reaches the port and passes the gate.
// The bounds on what comes from the network are here, in `crowd.ts` and in `streams.ts`.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { CONNECTIONS, Crowd } from './crowd.ts'
import type { Asked, Gate } from './gate.ts'
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
  /** A request that is not complete after so long is cut off, and so is an answer nobody reads. */
  readonly patienceMs?: number
}

/** A token of a service account is about one KiB. */
const HEADER_BYTES = 8192
const HEADERS = 64
const PATIENCE_MS = 10_000

// The pages are of our own files and talk to us alone; nobody shows them inside of another page.
const HEADERS_OF_ALL = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

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
  server.maxHeadersCount = HEADERS
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
      if (!this.#crowd.enter(socket)) socket.destroy()
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
    const leave = route!.isOpen ? () => {} : this.#crowd.answer(request.socket)
    if (!leave) return send(request, response, { status: 503, text: 'too much at once\n' })
    const timer = setTimeout(() => request.socket.destroy(), patienceMs)
    const done = () => {
      clearTimeout(timer)
      leave()
    }
    response.once('close', done)
    try {
      const answer = await this.#answer(request, route!, path)
      if (answer) return send(request, response, answer)
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
    response.writeHead(200, { ...HEADERS_OF_ALL, 'content-type': 'text/event-stream' })
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

function refused(
  request: IncomingMessage,
  routes: Routes,
  route: Route | undefined,
): Answer | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'only GET is answered here\n' }
  }
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length !== '0' || encoding !== undefined) {
    return { status: 413, text: 'no body is read here\n' }
  }
  return route ? undefined : { status: 404, text: `${[...routes.keys()].join(' ')}\n` }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, text, type = 'text/plain; charset=utf-8', headers } = answer
  response.writeHead(status, {
    ...HEADERS_OF_ALL,
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    // Of a body that nobody will read to its end, and of one who asks too much.
    ...(status === 405 || status === 413 || status === 503 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
