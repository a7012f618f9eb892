// An API server that lets programs run in Pods, as far as who asks can tell: the WebSocket of `kubectl
// exec`, by hand, for no package of ours serves one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { openAccess } from '../../src/kube/access.ts'

export const [STDOUT, STDERR, STATUS] = [1, 2, 3]
export const SUCCESS = JSON.stringify({ status: 'Success' })

/** A frame of a WebSocket, RFC 6455 §5.2: binary, whole, of a server. The first byte is the channel. */
export function frame(channel: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.of(channel), Buffer.from(text)])
  assert.ok(payload.length < 65_536)
  const length = payload.length < 126 ? Buffer.of(payload.length) : Buffer.alloc(3)
  if (length.length === 3) {
    length[0] = 126
    length.writeUInt16BE(payload.length, 1)
  }
  return Buffer.concat([Buffer.of(0x82), length, payload])
}

/** `url`: path and query of what is asked. */
export type Answer = (socket: Duplex, url: URL) => void

/** `plain` answers what is no upgrade. */
export async function serveExec(answer: Answer | number, plain: (url: URL) => string = () => '') {
  const asked: IncomingMessage[] = []
  const sockets: Duplex[] = []
  const urlOf = ({ url = '' }: IncomingMessage) => new URL(url, 'http://x')
  const server = createServer((request, response) => {
    response.end(plain(urlOf(request)))
  })
  server.on('upgrade', (request, socket) => {
    asked.push(request)
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    if (typeof answer === 'number') {
      socket.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const key = request.headers['sec-websocket-key']
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    socket.write(
      [
        ...['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade'],
        `sec-websocket-accept: ${accept.digest('base64')}`,
        'sec-websocket-protocol: v5.channel.k8s.io\r\n\r\n',
      ].join('\r\n'),
    )
    answer(socket, urlOf(request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    asked,
    access: openAccess(`http://127.0.0.1:${port}`, { authorization: 'Bearer of-the-reader' }),
    [Symbol.asyncDispose]: async () => {
      // What was upgraded is no connection of the server's any more.
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
