// Datagrams and streams over loopback: what each side does when the other is odd, slow or too many.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { type Acceptor, type AcceptorOptions, openAcceptor } from './acceptor.ts'
import type { DropReason } from './drop.ts'
import { wireAddress } from './endpoint.ts'
import type { Endpoint } from './event.ts'
import { type PacketMessage, type PushPull, VSN } from './message.ts'
import { decodeStream, encodeStream } from './stream.ts'
import { type Asking, exchangeTables, pingOnStream } from './tcp.ts'
import { openUdp, type Udp } from './udp.ts'

const PORT = 27_946
const PLAIN = { keys: [] }
const KEY = new Uint8Array(32).fill(7)
const sealing = () => ({ seal: { key: KEY, nonce: crypto.getRandomValues(new Uint8Array(12)) } })

const ping = (node: string) => ({ kind: 'ping', node, seqNo: 1 }) as const
const endpoint = (text: string, port = PORT): Endpoint => ({ addr: wireAddress(text)!, port })
const table = (name: string, join = false): PushPull => ({
  ...{ kind: 'pushPull', join, userState: new Uint8Array() },
  nodes: [
    {
      ...{ name, addr: Uint8Array.of(127, 77, 0, 1), port: PORT, meta: null, vsn: VSN },
      ...{ incarnation: 1, state: 'alive' },
    },
  ],
})

suite('datagrams', () => {
  for (const [family, here, there] of [
    ['IPv4', '127.77.1.1', '127.77.1.2'],
    ['IPv6', '::1', '::1'],
  ] as const) {
    test(`${family}: from one socket to another, answered to where it came from`, async (t) => {
      const one = await hear(t, here, PORT)
      const other = await hear(t, there, here === there ? PORT + 1 : PORT)
      one.udp.send(endpoint(there, other.port), [ping('b'), ping('c')])
      const [first] = await other.heard(1)
      assert.deepEqual(first!.messages, [ping('b'), ping('c')])
      assert.deepEqual(first!.from, endpoint(here))
      other.udp.send(first!.from, [{ kind: 'ack', seqNo: 1, payload: null }])
      assert.equal((await one.heard(1))[0]!.messages[0]!.kind, 'ack')
    })
  }

  test('a packet of any bytes is counted with its reason, and the next one is heard', async (t) => {
    const hearing = await hear(t, '127.77.1.3', PORT)
    const raw = createSocket('udp4')
    t.after(() => raw.close())
    for (const bytes of [[], [0], [7, 9], [244, 1, 1], [200, 1]]) {
      raw.send(Uint8Array.from(bytes), PORT, '127.77.1.3')
    }
    raw.send(Buffer.alloc(65_000, 9), PORT, '127.77.1.3')
    hearing.udp.send(endpoint('127.77.1.3'), [ping('me')])
    await hearing.heard(1)
    assert.equal(hearing.udp.received, 7)
    assert.equal(hearing.drops.length, 6)
  })

  test('what cannot be sent is an error of its own, not the end', async (t) => {
    const hearing = await hear(t, '127.77.1.4', PORT)
    hearing.udp.send(endpoint('127.77.1.4', 0), [ping('nobody')])
    hearing.udp.send(endpoint('fd00::1'), [ping('of another family')])
    await eventually(() => assert.equal(hearing.errors.length, 1))
    hearing.udp.send(endpoint('127.77.1.4'), [ping('me')])
    await hearing.heard(1)
  })

  test('an address that is taken is named', async (t) => {
    await hear(t, '127.77.1.5', PORT)
    await assert.rejects(hear(t, '127.77.1.5', PORT), {
      message: 'cannot gossip from 127.77.1.5, UDP port 27946',
    })
  })
})

suite('streams', () => {
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
})

suite('asking', () => {
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
})

const complaint = (message: string) => (error: Error) => {
  assert.equal((error.cause as Error).message, message)
  return true
}

interface Heard {
  readonly from: Endpoint
  readonly messages: readonly PacketMessage[]
}

async function hear(t: TestContext, address: string, port: number) {
  const all: Heard[] = []
  const drops: DropReason[] = []
  const errors: Error[] = []
  const udp: Udp = await openUdp({
    ...{ address, port, receiving: PLAIN, sending: () => ({}) },
    onPacket: (from, messages) => all.push({ from, messages }),
    onDrop: (reason) => drops.push(reason),
    onError: (error) => errors.push(error),
  })
  t.after(() => udp.close())
  const heard = (count: number) =>
    eventually(() => {
      assert.equal(all.length, count)
      return all
    })
  return { udp, port, heard, drops, errors }
}

async function accept(t: TestContext, address: string, change: Partial<AcceptorOptions> = {}) {
  const tables: PushPull[] = []
  const drops: DropReason[] = []
  let evicted = 0
  const acceptor: Acceptor = await openAcceptor({
    ...{ address, port: PORT, timeoutMs: 10_000, receiving: PLAIN, sending: () => ({}) },
    onTable: (asked) => {
      tables.push(asked)
      return table('a', asked.join)
    },
    onPing: ({ node, seqNo }) => (node === 'a' ? { kind: 'ack', seqNo, payload: null } : undefined),
    onDrop: (reason) => drops.push(reason),
    onEvicted: () => evicted++,
    ...change,
  })
  t.after(() => acceptor.close().catch(() => {}))
  return { acceptor, tables, drops, evicted: () => evicted }
}

function toward(address: string): Asking {
  return {
    ...{ to: endpoint(address), timeoutMs: 10_000, receiving: PLAIN, sending: () => ({}) },
    onDrop: (reason) => assert.fail(reason),
    signal: new AbortController().signal,
  }
}

async function connected(t: TestContext, host: string, more: object = {}): Promise<Socket> {
  const socket = connect({ host, port: PORT, ...more })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  // Without a reader the end of the other side goes unseen.
  if (!('allowHalfOpen' in more)) socket.resume()
  return socket
}

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
