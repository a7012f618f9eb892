import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import {
  accept,
  complaint,
  STREAM_PORT as PORT,
  ping,
  table,
  toward,
} from '../../test/support/gossip-streams.ts'
import { decodeStream, encodeStream } from './stream.ts'
import { exchangeTables, pingOnStream } from './tcp.ts'

const PLAIN = { keys: [] }
const KEY = new Uint8Array(32).fill(7)
const sealing = () => ({ seal: { key: KEY, nonce: crypto.getRandomValues(new Uint8Array(12)) } })

async function connected(t: TestContext, host: string, more: object = {}): Promise<Socket> {
  const socket = connect({ host, port: PORT, ...more })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  // Without a reader the end of the other side goes unseen.
  if (!('allowHalfOpen' in more)) socket.resume()
  return socket
}

for (const [family, address] of [
  ['IPv4', '127.77.2.1'],
  ['IPv6', '::1'],
] as const) {
  test(`${family}: tables are exchanged, sealed and plain`, async (t) => {
    for (const [keys, sending] of [
      [[], () => ({})],
      [[KEY], () => ({ ...sealing(), compress: true })],
    ] as const) {
      const accepting = await accept(t, address, { receiving: { keys }, sending })
      const asking = { ...toward(address), receiving: { keys }, sending }
      assert.deepEqual(await exchangeTables(table('b', true), asking), table('a', true))
      assert.deepEqual(accepting.tables, [table('b', true)])
      await accepting.acceptor.close()
    }
  })
}

test('a ping that is ours is acknowledged, another is not', async (t) => {
  await accept(t, '127.77.2.2')
  const ack = { kind: 'ack', seqNo: 1, payload: null }
  assert.deepEqual(await pingOnStream(ping('a'), toward('127.77.2.2')), ack)
  await assert.rejects(
    pingOnStream(ping('b'), toward('127.77.2.2')),
    complaint('it closed the connection without an answer'),
  )
})

test('who asks without the key is told so', async (t) => {
  const accepting = await accept(t, '127.77.2.3', { receiving: { keys: [KEY] } })
  await assert.rejects(
    exchangeTables(table('b'), toward('127.77.2.3')),
    complaint('it answers: the request is refused: not-sealed'),
  )
  assert.deepEqual([accepting.tables, accepting.drops], [[], ['not-sealed']])
})

test('a stream that ends too early is counted, one that says nothing is not', async (t) => {
  const accepting = await accept(t, '127.77.2.4')
  const cut = encodeStream(table('b'), {}).subarray(0, -1)
  for (const bytes of [new Uint8Array(), cut]) {
    const socket = await connected(t, '127.77.2.4')
    socket.end(bytes)
    await once(socket, 'close')
  }
  assert.deepEqual(accepting.drops, ['truncated'])
})

test('who has asked all may close its half and is answered', async (t) => {
  await accept(t, '127.77.2.5')
  const socket = await connected(t, '127.77.2.5', { allowHalfOpen: true })
  socket.end(encodeStream(table('b'), {}))
  const answer = await buffer(socket)
  assert.deepEqual(decodeStream(answer, PLAIN), { message: table('a'), drops: [] })
})

test('who says nothing is let go when its time is up', async (t) => {
  await accept(t, '127.77.2.6', { timeoutMs: 20 })
  const silent = await connected(t, '127.77.2.6')
  await once(silent, 'close')
})

test('of too many the oldest is let go, and an honest one gets through', async (t) => {
  const accepting = await accept(t, '127.77.2.7')
  const first = await connected(t, '127.77.2.7')
  const closed = once(first, 'close')
  await eventually(() => assert.equal(accepting.acceptor.accepted, 1))
  for (let i = 0; i < 126; i++) await connected(t, '127.77.2.7')
  await eventually(() => assert.equal(accepting.acceptor.accepted, 127))
  assert.equal(accepting.evicted(), 0)
  assert.deepEqual(await exchangeTables(table('b'), toward('127.77.2.7')), table('a'))
  await closed
  assert.equal(accepting.evicted(), 1)
})

test('together they hold no more than some memory', async (t) => {
  const accepting = await accept(t, '127.77.2.8', { receiving: { keys: [KEY] } })
  // Each announces a frame of 20 MiB and sends all of it but the end.
  const almost = Buffer.alloc((20 << 20) - 1)
  almost.set([10, 0x01, 0x40, 0, 0])
  const closed = Array.from({ length: 4 }, async () => {
    const socket = await connected(t, '127.77.2.8')
    socket.on('error', () => {})
    socket.write(almost)
    await once(socket, 'close')
  })
  await Promise.race(closed)
  assert.equal(accepting.evicted(), 1)
  const sealed = { receiving: { keys: [KEY] }, sending: sealing }
  await assert.rejects(exchangeTables(table('b'), { ...toward('127.77.2.8'), ...sealed }))
  assert.deepEqual(accepting.tables, [table('b')], 'read, and answered in plain')
})

test('an address that is taken is named', async (t) => {
  await accept(t, '127.77.2.9')
  await assert.rejects(accept(t, '127.77.2.9'), {
    message: 'cannot gossip from 127.77.2.9, TCP port 27946',
  })
})
