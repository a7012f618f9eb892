// Requests to the API server, JSON both ways, over connections that are kept. Of kinds it knows only the
// names in paths, to count by; what a failure means is for the caller to say.
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Access, Credentials, Tls } from './access.ts'
import { ApiError, refusalOf } from './api-error.ts'
import { parseExact, printExact } from './exact-json.ts'
import { resourceOf } from './resources.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** How a PATCH is meant; of an apply the query names `fieldManager`. */
  readonly patch?: 'merge' | 'apply' | 'json'
  readonly timeoutMs?: number
  /** For a new connection, if one is needed. */
  readonly connectMs?: number
  readonly signal?: AbortSignal
  /** A POST that makes nothing: it may be sent again after a connection that broke. */
  readonly isQuestion?: true
  /** Whole numbers beyond 2^53 come as bigint. */
  readonly exact?: boolean
}

export interface Client extends Disposable {
  request<T>(request: ApiRequest): Promise<T>
  /** Lines of an answer that does not end, as they come: all that one packet completed at once. */
  lines(request: ApiRequest): AsyncGenerator<string[], void>
  /**
   * Calls it whenever the server answers again after it could not be reached: whoever waits to ask
   * again need not wait longer. Returns what ends that.
   */
  onBack(listener: () => void): () => void
  /** `GET services 200` → how many; `error` stands for no answer at all. */
  readonly requests: ReadonlyMap<string, number>
}

const CONTENT_TYPES = {
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
}
const TIMEOUT_MS = 30_000
/** A page of a list is a few megabytes; a single object at most 3. */
const BODY_MAX = 256 * 1024 * 1024
const LINE_MAX = 16 * 1024 * 1024
/** A dead link is noticed after this and ten probes, a second apart. */
const KEEP_ALIVE_MS = 15_000
/**
 * For a connection, handshake included. While the link is down the kernel tries ever more rarely; who
 * gave up and waits can be told that the server is back, who hangs in a `connect` cannot.
 */
const CONNECT_MS = 5_000

export function openClient(access: Access): Client {
  return new KubeClient(access)
}

class KubeClient implements Client {
  readonly requests = new Map<string, number>()
  readonly #access: Access
  readonly #isTls: boolean
  #tls: Tls | undefined
  #agent: HttpAgent | undefined
  /** Since the last good answer somebody got none at all. */
  #isAway = false
  readonly #onBack = new Set<() => void>()

  constructor(access: Access) {
    this.#access = access
    this.#isTls = access.server.protocol === 'https:'
  }

  async request<T>(request: ApiRequest): Promise<T> {
    const limit = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS)
    const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit
    try {
      const response = await this.#answer({ ...request, signal })
      const text = await readBody(response)
      return (request.exact ? parseExact(text) : JSON.parse(text)) as T
    } catch (error) {
      throw this.#failed(request, error, limit.aborted)
    }
  }

  async *lines(request: ApiRequest): AsyncGenerator<string[], void> {
    const untilAnswer = new AbortController()
    const limit = setTimeout(() => untilAnswer.abort(), request.timeoutMs ?? TIMEOUT_MS)
    const signals = [untilAnswer.signal, ...(request.signal ? [request.signal] : [])]
    let response: IncomingMessage
    try {
      response = await this.#answer({ ...request, signal: AbortSignal.any(signals) })
    } catch (error) {
      throw this.#failed(request, error, untilAnswer.signal.aborted)
    } finally {
      clearTimeout(limit)
    }
    try {
      yield* splitLines(response)
    } catch (error) {
      throw this.#failed(request, error)
    } finally {
      response.destroy()
    }
  }

  onBack(listener: () => void): () => void {
    this.#onBack.add(listener)
    return () => this.#onBack.delete(listener)
  }

  [Symbol.dispose](): void {
    this.#agent?.destroy()
  }

  /** The error to throw. A refusal is an answer, and who asked may have thought better of it. */
  #failed(request: ApiRequest, error: unknown, isLate = false): unknown {
    if (error instanceof ApiError || request.signal?.aborted) return error
    this.#isAway = true
    return isLate ? timeoutOf(request) : named(request, error)
  }

  #answered(): void {
    if (!this.#isAway) return
    this.#isAway = false
    for (const listener of [...this.#onBack]) listener()
  }

  /** The head of a good answer; throws what a bad one says. */
  async #answer(request: ApiRequest): Promise<IncomingMessage> {
    const credentials = await this.#access.credentials()
    const response = await this.#send(request, credentials).catch((error: unknown) => {
      this.#count(request, 'error')
      throw error
    })
    const status = response.statusCode ?? 0
    this.#count(request, status)
    if (status >= 200 && status < 300) {
      this.#answered()
      return response
    }
    if (status === 401) this.#access.forget()
    const retryAfter = response.headers['retry-after']
    const body = await readBody(response)
    throw new ApiError(
      whatOf(request),
      refusalOf({ status, body, ...(retryAfter === undefined ? {} : { retryAfter }) }),
    )
  }

  async #send(request: ApiRequest, credentials: Credentials): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(request, credentials)
    } catch (error) {
      // The server closed a kept connection just when we used it: nobody has read the request. A POST
      // is left to the caller, who knows whether it may be made twice.
      const mayRepeat = request.method !== 'POST' || request.isQuestion
      if (!(error as Lost).wasKept || !mayRepeat) throw error
      return await this.#sendOnce(request, credentials)
    }
  }

  #sendOnce(request: ApiRequest, { headers, tls, agent }: Credentials): Promise<IncomingMessage> {
    const { method = 'GET', body, signal } = request
    const text = body === undefined ? undefined : printExact(body)
    const send = this.#isTls ? requestHttps : requestHttp
    return new Promise((resolve, reject) => {
      const outgoing = send(this.#urlOf(request), {
        method,
        headers: { ...headers, ...headersOf(request, text) },
        agent: agent ?? this.#agentFor(tls),
        ...(signal ? { signal } : {}),
      })
      outgoing.on('response', resolve)
      outgoing.on('socket', (socket) => {
        socket.setKeepAlive(true, KEEP_ALIVE_MS)
        if (socket.connecting) limitConnecting(socket, request)
      })
      outgoing.on('error', (error: Lost) => {
        error.wasKept = outgoing.reusedSocket && error.code === 'ECONNRESET'
        reject(error)
      })
      outgoing.end(text)
    })
  }

  #urlOf({ path, query = {} }: ApiRequest): URL {
    const { server } = this.#access
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    return url
  }

  /** A new certificate needs new connections; those that run go on to their end. */
  #agentFor(tls: Tls): HttpAgent {
    if (this.#agent && this.#tls === tls) return this.#agent
    this.#tls = tls
    const options = { keepAlive: true, maxFreeSockets: 4, scheduling: 'lifo' as const }
    if (!this.#isTls) this.#agent = new HttpAgent(options)
    else {
      // One for all connections: each would read the certificates anew, and keep them.
      const secureContext = createSecureContext(tls)
      this.#agent = new HttpsAgent({ ...options, ...tls, secureContext })
    }
    return this.#agent
  }

  #count({ method = 'GET', path }: ApiRequest, code: number | string): void {
    const key = `${method} ${resourceOf(path)} ${code}`
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1)
  }
}

interface Lost extends NodeJS.ErrnoException {
  wasKept?: boolean
}

function limitConnecting(socket: Socket, { connectMs = CONNECT_MS }: ApiRequest): void {
  const late = () => socket.destroy(new Error(`no connection within ${connectMs / 1000} s`))
  const timer = setTimeout(late, connectMs)
  const done = () => clearTimeout(timer)
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', done)
  socket.once('close', done)
}

const whatOf = ({ method = 'GET', path }: ApiRequest): string => `${method} ${path}`

const timeoutOf = (request: ApiRequest): Error =>
  new Error(`${whatOf(request)}: no answer within ${(request.timeoutMs ?? TIMEOUT_MS) / 1000} s`)

/** Says which request it was. */
function named(request: ApiRequest, error: unknown): unknown {
  // What JSON.parse complains of quotes the text, which may be a Secret.
  if (error instanceof SyntaxError) return new Error(`${whatOf(request)}: the answer is no JSON`)
  return new Error(whatOf(request), { cause: error })
}

function headersOf(
  { patch }: ApiRequest,
  text: string | undefined,
): Record<string, string | number> {
  const common = { accept: 'application/json', 'user-agent': 'ferrule' }
  if (text === undefined) return common
  const type = patch ? CONTENT_TYPES[patch] : 'application/json'
  return { ...common, 'content-type': type, 'content-length': Buffer.byteLength(text) }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX) throw new Error(`an answer of more than ${BODY_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** A line may come in many pieces, a piece may hold many lines, and a character may be cut in two. */
async function* splitLines(response: IncomingMessage): AsyncGenerator<string[], void> {
  response.setEncoding('utf8')
  let pieces: string[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = chunk.split('\n')
    const rest = lines.pop()!
    if (lines.length > 0) {
      lines[0] = pieces.join('') + lines[0]
      pieces = []
      size = 0
      yield lines.filter((line) => line !== '')
    }
    size += rest.length
    if (size > LINE_MAX) throw new Error(`a line of more than ${LINE_MAX} characters`)
    if (rest !== '') pieces.push(rest)
  }
  // What is left was cut off with the connection; it is no line.
}
