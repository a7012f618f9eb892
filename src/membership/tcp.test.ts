import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  complaint,
  STREAM_PORT as PORT,
  ping,
  table,
  toward,
} from '../../test/support/gossip-streams.ts'
import { encodeStream } from './stream.ts'
import { exchangeTables } from './tcp.ts'

async function serve(t: TestContext, host: string, onConnection: (socket: Socket) => void) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    onConnection(socket)
  }).listen({ host, port: PORT })
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}

test('nobody there is told at once', async () => {
  await assert.rejects(
    exchangeTables(table('b'), toward('127.77.3.1')),
    complaint('connect ECONNREFUSED 127.77.3.1:27946'),
  )
})

test('an answer that never comes is waited for so long', async (t) => {
  await serve(t, '127.77.3.2', () => {})
  await assert.rejects(
    exchangeTables(table('b'), { ...toward('127.77.3.2'), timeoutMs: 20 }),
    complaint('no answer in 0.02 s'),
  )
})

test('an answer that is nonsense is told with its reason', async (t) => {
  await serve(t, '127.77.3.3', (socket) => socket.end(Uint8Array.of(200)))
  await assert.rejects(
    exchangeTables(table('b'), toward('127.77.3.3')),
    complaint('its answer is unreadable (unknown-type)'),
  )
})

test('an answer to another question is none', async (t) => {
  await serve(t, '127.77.3.4', (socket) => socket.end(encodeStream(ping('b'), {})))
  await assert.rejects(
    exchangeTables(table('b'), toward('127.77.3.4')),
    complaint('it answers with ping'),
  )
})

test('it ends when it is no longer wanted', async (t) => {
  const asked = Promise.withResolvers<void>()
  await serve(t, '127.77.3.5', () => asked.resolve())
  const stop = new AbortController()
  const asking = exchangeTables(table('b'), { ...toward('127.77.3.5'), signal: stop.signal })
  await asked.promise
  stop.abort()
  await assert.rejects(asking, complaint('The operation was aborted'))
})
