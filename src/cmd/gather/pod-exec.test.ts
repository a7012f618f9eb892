import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { openAccess } from '../../kube/access.ts'
import { execInPod } from './pod-exec.ts'

const PROGRAM = {
  ...{ namespace: 'metallb-system', pod: 'speaker-x1', container: 'frr' },
  argv: ['vtysh', '-c', 'show version'],
}
const LIMITS = { timeoutMs: 5_000, bytesMax: 100 }
const [STDOUT, STDERR, STATUS] = [1, 2, 3]
const SUCCESS = JSON.stringify({ status: 'Success' })

/** A frame of a WebSocket, RFC 6455 §5.2: binary, whole, of a server. The first byte is the channel. */
function frame(channel: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.of(channel), Buffer.from(text)])
  assert.ok(payload.length < 65_536)
  const length = payload.length < 126 ? Buffer.of(payload.length) : Buffer.alloc(3)
  if (length.length === 3) {
    length[0] = 126
    length.writeUInt16BE(payload.length, 1)
  }
  return Buffer.concat([Buffer.of(0x82), length, payload])
}

type Answer = (socket: Duplex) => void

/** An API server that lets a program run, as far as who asks can tell. */
async function serve(answer: Answer | number) {
  const asked: IncomingMessage[] = []
  const sockets: Duplex[] = []
  const server = createServer()
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
    answer(socket)
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

test('what a program prints, asked as the reader', async () => {
  await using server = await serve((socket) => {
    socket.write(frame(STDOUT, 'FRRouting '))
    socket.write(frame(STDERR, 'a remark'))
    socket.write(frame(STDOUT, '8.4.4\n'))
    socket.write(frame(STATUS, SUCCESS))
  })
  assert.equal(await execInPod(server.access, PROGRAM, LIMITS), 'FRRouting 8.4.4\n')
  const [request] = server.asked
  const { pathname, searchParams } = new URL(request!.url!, 'http://x')
  assert.equal(pathname, '/api/v1/namespaces/metallb-system/pods/speaker-x1/exec')
  assert.deepEqual(searchParams.getAll('command'), PROGRAM.argv)
  assert.equal(searchParams.get('container'), 'frr')
  assert.equal(request!.headers.authorization, 'Bearer of-the-reader')
})

test('a program that prints without end is cut', async () => {
  await using server = await serve((socket) => {
    for (let round = 0; round < 10; round++) socket.write(frame(STDOUT, 'x'.repeat(1000)))
    socket.write(frame(STATUS, SUCCESS))
  })
  assert.equal(await execInPod(server.access, PROGRAM, LIMITS), 'x'.repeat(100))
})

for (const [what, answer, expected] of [
  [
    'a program that fails',
    (socket: Duplex) => {
      socket.write(frame(STDERR, 'vtysh: not found'))
      socket.write(frame(STATUS, '{"status":"Failure","message":"exit code 127"}'))
    },
    /^Error: exit code 127: vtysh: not found$/,
  ],
  ['a reader without the right', 403, /403/],
  [
    'a connection that breaks',
    (socket: Duplex) => socket.destroy(),
    /ended before the program did/,
  ],
  ['a program that hangs', () => {}, /not done within 0\.2 s/],
] as readonly (readonly [string, Answer | number, RegExp])[]) {
  test(what, async () => {
    await using server = await serve(answer)
    await assert.rejects(execInPod(server.access, PROGRAM, { ...LIMITS, timeoutMs: 200 }), expected)
  })
}
