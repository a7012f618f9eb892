// The HTTPS server that the API server asks: admission of each kind, and conversion. It gets its
// certificate when there is one, and another while it runs; no connection is lost over it.
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { BadRequest } from './bad-request.ts'
import type { ServingCertificate } from './certs.ts'
import { vouchesFor } from './chain.ts'
import type { TlsSettings } from './tls-settings.ts'

export interface WebhookHandlers {
  readonly review: (body: unknown) => object | BadRequest
  readonly convert: (body: unknown) => object | BadRequest
  /** A handler that threw: a mistake of ours. The API server is answered 500 and decides. */
  readonly onError: (error: unknown) => void
}

export interface WebhookOptions {
  /** Empty: every address of the machine. */
  readonly host: string
  readonly port: number
  readonly tls: TlsSettings
  readonly certificate: ServingCertificate
  /** A request that is not complete after so long is cut off. */
  readonly requestMs?: number
}

const REVIEWS: ReadonlySet<string> = new Set([
  '/validate-metallb-io-v1beta2-bgppeer',
  '/validate-metallb-io-v1beta1-ipaddresspool',
  '/validate-metallb-io-v1beta1-addresspool',
  '/validate-metallb-io-v1beta1-bgpadvertisement',
  '/validate-metallb-io-v1beta1-l2advertisement',
  '/validate-metallb-io-v1beta1-community',
  '/validate-metallb-io-v1beta1-bfdprofile',
])

const MIB = 1024 * 1024
/** Two versions of one object, each as large as the API server takes, and what is around them. */
const REVIEW_BYTES = 8 * MIB
/** A list of all peers is converted in one request. */
const CONVERT_BYTES = 64 * MIB
/** Of all bodies that are being read: whoever reaches the port may send some, and memory is limited. */
const READING_BYTES = CONVERT_BYTES + 4 * REVIEW_BYTES
/** The API server waits ten seconds for an answer. */
const REQUEST_MS = 15_000
/** An API server keeps a few; others could take all that there are. */
const CONNECTIONS = 512

export async function openWebhook(
  options: WebhookOptions,
  handlers: WebhookHandlers,
): Promise<Webhook> {
  const { host, port, tls, certificate } = options
  const { requestMs = REQUEST_MS } = options
  const server = createServer({
    ...{ ...tls, ...contextOf(certificate) },
    // Also who says nothing after connecting, and who says one letter at a time.
    ...{ handshakeTimeout: requestMs, headersTimeout: requestMs, requestTimeout: requestMs },
    connectionsCheckingInterval: requestMs / 5,
  })
  server.maxConnections = CONNECTIONS
  const reading = new Reading(READING_BYTES)
  // The API server keeps connections for later calls; it, not we, says when they end.
  server.keepAliveTimeout = 120_000
  server.on('request', (request, response) => {
    answer(request, handlers, reading).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        // Whoever asked has gone before the question was complete.
        if (request.destroyed && !request.complete) return
        handlers.onError(error)
        send(response, { status: 500, text: 'the webhook failed; its log says why\n' })
      },
    )
  })
  // Scanners and clients without our authority are their own trouble, and the socket is gone.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot serve webhooks on port ${port}`, { cause }))
    })
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve)
  })
  return new Webhook(server, options)
}

export class Webhook implements AsyncDisposable {
  readonly #server: Server
  readonly #tls: TlsSettings
  #certificate: ServingCertificate

  constructor(server: Server, { tls, certificate }: WebhookOptions) {
    this.#server = server
    this.#tls = tls
    this.#certificate = certificate
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get served(): ServingCertificate {
    return this.#certificate
  }

  /** From now on; connections that stand keep the one they began with. */
  use(certificate: ServingCertificate): void {
    const isSame = certificate.certificate === this.#certificate.certificate
    this.#certificate = certificate
    if (!isSame) this.#server.setSecureContext({ ...this.#tls, ...contextOf(certificate) })
  }

  /** Why the API server could not call us; undefined when it can. */
  unready(now: number, dnsName: string): string | undefined {
    return unverified(this.#certificate, { now, dnsName })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

const contextOf = ({ certificate, key }: ServingCertificate) => ({ cert: certificate, key })

/** What a client that knows the bundle would hold against the certificate. */
export function unverified(
  { certificate, caBundle }: ServingCertificate,
  { now, dnsName }: { readonly now: number; readonly dnsName: string },
): string | undefined {
  const server = new X509Certificate(certificate)
  if (!server.checkHost(dnsName, { subject: 'never' })) {
    return `the webhook certificate is not for ${dnsName}`
  }
  if (server.validFromDate.getTime() > now || server.validToDate.getTime() < now) {
    return 'the webhook certificate is not good at this time'
  }
  return caBundle === undefined || vouchesFor(caBundle, certificate)
    ? undefined
    : 'the webhook certificate is not signed by the authority made known'
}

interface Reply {
  readonly status: number
  readonly text: string
  readonly type?: string
  /** Of a body that nobody will read to its end. */
  readonly close?: true
}

async function answer(
  request: IncomingMessage,
  handlers: WebhookHandlers,
  reading: Reading,
): Promise<Reply> {
  const path = request.url?.split('?')[0] ?? ''
  const isConvert = path === '/convert'
  if (!isConvert && !REVIEWS.has(path))
    return { status: 404, text: 'no webhook here\n', close: true }
  if (request.method !== 'POST') {
    return { status: 405, text: 'only POST is answered here\n', close: true }
  }
  const body = await bodyOf(request, isConvert ? CONVERT_BYTES : REVIEW_BYTES, reading)
  if (body === 'too long') return { status: 413, text: 'the body is too long\n', close: true }
  if (body === 'too much') return { status: 503, text: 'too much at once\n', close: true }
  const value = parseJson(body.toString())
  if (value === undefined) return { status: 400, text: 'the body is not JSON\n' }
  const result = isConvert ? handlers.convert(value) : handlers.review(value)
  if ('refused' in result) return { status: 400, text: `${result.refused}\n` }
  return { status: 200, type: 'application/json', text: JSON.stringify(result) }
}

/** How much of bodies is in memory, of all requests together. */
class Reading {
  readonly #max: number
  #length = 0

  constructor(max: number) {
    this.#max = max
  }

  take(length: number): boolean {
    if (this.#length + length > this.#max) return false
    this.#length += length
    return true
  }

  giveBack(length: number): void {
    this.#length -= length
  }
}

async function bodyOf(
  request: IncomingMessage,
  max: number,
  reading: Reading,
): Promise<Buffer | 'too long' | 'too much'> {
  const chunks: Buffer[] = []
  let length = 0
  if (Number(request.headers['content-length'] ?? 0) > max) return 'too long'
  try {
    // Not destroyed when it is too long: the answer goes out on the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (length + chunk.length > max) return 'too long'
      if (!reading.take(chunk.length)) return 'too much'
      length += chunk.length
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    reading.giveBack(length)
  }
}

/** undefined: no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function send(response: ServerResponse, { status, text, type, close }: Reply): void {
  response.writeHead(status, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...(close ? { connection: 'close' } : {}),
  })
  response.end(text)
}
