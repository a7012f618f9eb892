// One HTTP server per process: metrics, health, readiness and the plan. Plain HTTP, so it listens on
// loopback unless an address is given.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StatusPages {
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  /** Why this process is not ready yet; undefined when it is. */
  readonly unready: () => string | undefined
  /** The last plan, as JSON; undefined before the first. */
  readonly plan: () => string | undefined
  readonly onError: (error: unknown) => void
}

interface Answer {
  readonly status: number
  readonly type?: string
  readonly text: string
}

const LOOPBACK = '127.0.0.1'

export async function openServer(
  at: { readonly host: string; readonly port: number },
  pages: StatusPages,
): Promise<StatusServer> {
  const host = at.host === '' ? LOOPBACK : at.host
  const server = createServer((request, response) => {
    respond(request, pages).then(
      (answer) => send(request, response, answer),
      (error: unknown) => {
        pages.onError(error)
        send(request, response, { status: 500, text: 'this page failed; the log says why\n' })
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot serve metrics on ${host}:${at.port}`, { cause }))
    })
    server.listen(at.port, host, resolve)
  })
  return new StatusServer(server)
}

export class StatusServer implements AsyncDisposable {
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A scraper keeps its connection open; waiting for it would hold up our end.
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

async function respond(request: IncomingMessage, pages: StatusPages): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'only GET is answered here\n' }
  }
  switch (request.url?.split('?')[0]) {
    case '/healthz':
      return { status: 200, text: 'ok\n' }
    case '/readyz': {
      const reason = pages.unready()
      return reason === undefined
        ? { status: 200, text: 'ok\n' }
        : { status: 503, text: `${reason}\n` }
    }
    case '/metrics':
      return { status: 200, ...(await pages.metrics()) }
    case '/plan.json': {
      const text = pages.plan()
      if (text === undefined) return { status: 503, text: 'there is no plan yet\n' }
      return { status: 200, type: 'application/json', text }
    }
    default:
      return { status: 404, text: '/metrics /healthz /readyz /plan.json\n' }
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(answer.text),
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : answer.text)
}
