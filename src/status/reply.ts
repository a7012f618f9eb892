// How an answer goes over the wire, what every answer tells a browser, and what is refused unread.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, Route, Routes } from './routes.ts'

// The pages are of our own files and talk to us alone; nobody shows them inside of another page.
export const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const TOO_MUCH: Answer = { status: 503, text: 'too much at once\n' }

export function refused(
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

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, text, type = 'text/plain; charset=utf-8', headers } = answer
  response.writeHead(status, {
    ...HEADERS,
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    // Of a body that nobody will read to its end, and of one who asks too much.
    ...(status === 405 || status === 413 || status === 503 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
