// The HTTP server of a role: what its routes answer, to whoever reaches the port. Every bound on what
// comes from the network is here, or in `streams.ts`. Plain HTTP, so it listens on loopback unless an
// address is given.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONNECTIONS, Crowd } from './crowd.ts'
import type { Answer, AnswerRoute, Route, Routes, StreamRoute } from './routes.ts'
import { Streams } from './streams.ts'

export interface ServerOptions {
  /** Empty: loopback. */
  readonly host: string
  readonly port: number
  readonly routes: Routes
  readonly onError: (error: unknown) => void
  /** A request that is not complete after so long is cut off, and so is an answer nobody reads. */
  readonly patienceMs?: number
}

const LOOPBACK = '127.0.0.1'
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
  const { port, patienceMs = PATIENCE_MS } = options
  const host = options.host === '' ? LOOPBACK : options.host
  const server = createServer({
    maxHeaderSize: HEADER_BYTES,
    // Who says nothing after connecting, and who says one letter at a time.
    ...{ headersTimeout: patienceMs, requestTimeout: patienceMs },
    connectionsCheckingInterval: patienceMs / 5,
  })
  server.maxConnections = CONNECTIONS
  server.maxHeadersCount = HEADERS
  // Who reads nothing of what it asked for.
  server.timeout = patienceMs
  const opened = new StatusServer(server, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot serve metrics on ${host}:${port}`, { cause }))
    })
    server.listen(port, host, resolve)
  })
  return opened
}

export class StatusServer implements AsyncDisposable {
  readonly #server: Server
  readonly #options: ServerOptions
  readonly #streams = new Streams()
  readonly #crowd = new Crowd()

  constructor(server: Server, options: ServerOptions) {
    this.#server = server
    this.#options = options
    server.on('connection', (socket) => {
      if (!this.#crowd.enter(socket)) socket.destroy()
    })
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.end()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    // A scraper keeps its connection open; waiting for it would hold up our end.
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { routes } = this.#options
    const route = routes.get(request.url?.split('?')[0] ?? '')
    const refusal = refused(request, routes, route)
    if (refusal) send(request, response, refusal)
    else if ('stream' in route!) this.#stream(request, response, route)
    else await this.#answer(request, response, route as AnswerRoute)
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { answer, isOpen }: AnswerRoute,
  ): Promise<void> {
    // Health is next to nothing to say, and the kubelet is not to wait for others.
    const leave = isOpen ? () => {} : this.#crowd.answer(request.socket)
    if (!leave) {
      send(request, response, { status: 503, text: 'too much at once\n' })
      return
    }
    const { onError, patienceMs = PATIENCE_MS } = this.#options
    const timer = setTimeout(() => request.socket.destroy(), patienceMs)
    response.once('close', () => {
      clearTimeout(timer)
      leave()
    })
    try {
      send(request, response, await answer(queryOf(request)))
    } catch (error) {
      onError(error)
      send(request, response, { status: 500, text: 'this page failed; the log says why\n' })
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse, { stream }: StreamRoute): void {
    if (this.#streams.isFull) {
      send(request, response, { status: 503, text: 'too many listen already\n' })
      return
    }
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
  const { status = 200, text, type = 'text/plain; charset=utf-8' } = answer
  response.writeHead(status, {
    ...HEADERS_OF_ALL,
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    // Of a body that nobody will read to its end, and of one who asks too much.
    ...(status === 405 || status === 413 || status === 503 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
