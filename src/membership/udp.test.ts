import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import type { DropReason } from './drop.ts'
import { wireAddress } from './endpoint.ts'
import type { Endpoint } from './event.ts'
import type { PacketMessage } from './message.ts'
import { openUdp, type Udp } from './udp.ts'

const PORT = 27_946
const PLAIN = { keys: [] }

const ping = (node: string) => ({ kind: 'ping', node, seqNo: 1 }) as const
const endpoint = (text: string, port = PORT): Endpoint => ({ addr: wireAddress(text)!, port })

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

for (const [family, here, there] of [
  ['IPv4', '127.77.1.1', '127.77.1.2'],
  ['IPv6', '::1', '::1'],
] as const) {
  test(`${family}: from one socket to another, answered to where it came from`, async (t) => {
    const one = await hear(t, here, PORT)
    const other = await hear(t, there, here === there ? PORT + 10 : PORT)
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
