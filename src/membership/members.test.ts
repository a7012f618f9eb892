// Members of ours over loopback. With hashicorp/memberlist's they meet in test/net.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { openLog } from '../log.ts'
import { wireAddress } from './endpoint.ts'
import { type Members, type MembersOptions, openMembers } from './members.ts'
import { PROFILES } from './settings.ts'
import { speechOf } from './speech.ts'
import { openUdp } from './udp.ts'

const PORT = 27_947
const secret = Buffer.from('AAECAwQFBgcICQoLDA0ODw')
const LAN = PROFILES.LAN

async function open(
  t: TestContext,
  name: string,
  bindAddress: string,
  change: Partial<MembersOptions> = {},
): Promise<Members> {
  const log = openLog('none')
  const basic = { name, bindAddress, port: PORT, secret, settings: LAN, log }
  const members = await openMembers({ ...basic, ...change })
  t.after(() => members[Symbol.asyncDispose]())
  return members
}
const sees = (members: Members, ...names: string[]) =>
  eventually(() => assert.deepEqual([...members.alive()], names))
const states = (members: Members) => members.list().map(({ name, state }) => `${name} ${state}`)

suite('members', () => {
  test('who is given an address becomes a member with whoever is there', async (t) => {
    const a = await open(t, 'a', '127.80.1.1')
    const b = await open(t, 'b', '127.80.1.2')
    let changes = 0
    a.on('change', () => changes++)
    const alone = a.alive()
    assert.equal(a.alive(), alone)
    a.join(['127.80.1.2', '127.80.1.1', 'node-c'])
    await sees(a, 'a', 'b')
    await sees(b, 'a', 'b')
    assert.equal(changes, 1)
    assert.equal(a.alive(), a.alive())
    assert.deepEqual([...alone], ['a'], 'what was given out stays as it was')
    const [, row] = a.list()
    assert.deepEqual([row!.address, row!.port, row!.state], ['127.80.1.2', PORT, 'alive'])
  })

  test('over IPv6 as over IPv4, where each has an address', async (t) => {
    const a = await open(t, 'a', '::1')
    assert.equal(a.list()[0]!.address, '::1')
    a.join(['::1'])
    await sees(a, 'a')
    assert.equal(a.counters().streamsIn, 0, 'it does not join itself')
  })

  test('who leaves is gone from every view, its own included', async (t) => {
    const a = await open(t, 'a', '127.80.2.1')
    const b = await open(t, 'b', '127.80.2.2')
    a.join(['127.80.2.2'])
    await sees(b, 'a', 'b')
    const leaving = b.leave()
    assert.equal(b.leave(), leaving)
    await leaving
    await sees(a, 'a')
    await sees(b, 'a')
    assert.deepEqual(states(a), ['a alive', 'b left'])
  })

  test('who is alone has nobody to tell and leaves at once', async (t) => {
    const a = await open(t, 'a', '127.80.3.1')
    await a.leave()
    assert.deepEqual([...a.alive()], [])
  })

  test('who ends without a word is missed only later, and is itself again when it is back', async (t) => {
    const a = await open(t, 'a', '127.80.4.1')
    const b = await open(t, 'b', '127.80.4.2')
    b.join(['127.80.4.1'])
    await sees(a, 'a', 'b')
    await b[Symbol.asyncDispose]()
    assert.deepEqual(states(a), ['a alive', 'b alive'])
    const again = await open(t, 'b', '127.80.4.2')
    again.join(['127.80.4.1'])
    await sees(again, 'a', 'b')
    await eventually(() => assert.deepEqual(states(a), ['a alive', 'b alive']))
  })

  test('who was called dead is told of it, and is a member all the while in its own view', async (t) => {
    const a = await open(t, 'a', '127.80.11.1')
    const b = await open(t, 'b', '127.80.11.2')
    b.join(['127.80.11.1'])
    await sees(b, 'a', 'b')
    let [revived, left] = [0, 0]
    a.on('revived', () => revived++)
    b.on('change', () => left++)
    const udp = await openUdp({
      ...{ address: '127.80.11.3', port: PORT, ...speechOf({ secret, settings: LAN }) },
      ...{ onPacket: () => {}, onDrop: () => {}, onError: assert.fail },
    })
    t.after(() => udp.close())
    const incarnation = 0xf000_0000
    const dead = { kind: 'dead', node: 'a', incarnation, from: 'c' } as const
    for (let nth = 0; nth < 2; nth++) {
      udp.send({ addr: wireAddress('127.80.11.2')!, port: PORT }, [dead])
    }
    await eventually(() => assert.ok(left >= 2, 'it was missed, and is back'))
    await sees(b, 'a', 'b')
    assert.deepEqual([revived, a.counters().happened.revived], [1, 1])
    assert.deepEqual(states(a), ['a alive', 'b alive'])
  })

  test('whoever was not there yet is joined when it is', async (t) => {
    const a = await open(t, 'a', '127.80.5.1')
    a.join(['127.80.5.2'])
    await eventually(() => assert.equal(a.counters().happened.notExchanged, 1))
    const b = await open(t, 'b', '127.80.5.2')
    await sees(b, 'a', 'b')
  })

  test('what a member says of itself is seen by all, and when it says something else', async (t) => {
    const says = (text: string) => ({ meta: Buffer.from(text) })
    const a = await open(t, 'a', '127.80.10.1')
    const b = await open(t, 'b', '127.80.10.2', says('x=1'))
    b.join(['127.80.10.1'])
    await sees(a, 'a', 'b')
    const said = () => a.list().map(({ meta }) => meta)
    assert.deepEqual(said(), ['', 'x=1'])
    let changes = 0
    a.on('change', () => changes++)
    await b[Symbol.asyncDispose]()
    const again = await open(t, 'b', '127.80.10.2', says('x=\xff'))
    again.join(['127.80.10.1'])
    await eventually(() => assert.deepEqual(said(), ['', 'x=\xc3\xbf']))
    assert.ok(changes > 0, 'whoever looks at the ring is told')
  })

  test('the first answer names the others: a few questions, however many there are', async (t) => {
    const addresses = Array.from({ length: 12 }, (_, i) => `127.80.6.${i + 1}`)
    const ring = await Promise.all(addresses.map((address, i) => open(t, `n${10 + i}`, address)))
    const names = addresses.map((_, i) => `n${10 + i}`)
    ring[0]!.join(addresses.slice(0, 11))
    for (const one of ring.slice(0, 11)) await sees(one, ...names.slice(0, 11))
    ring[11]!.join(addresses)
    await sees(ring[11]!, ...names)
    assert.ok(ring[11]!.counters().happened.exchanges! < 11)
  })

  test('another key is another ring, and both sides count it', async (t) => {
    const a = await open(t, 'a', '127.80.7.1')
    const b = await open(t, 'b', '127.80.7.2', { keyBytes: 16 })
    a.join(['127.80.7.2'])
    await eventually(() => assert.equal(a.counters().happened.notExchanged, 1))
    assert.equal(b.counters().dropped['no-key'], 1)
    assert.deepEqual([[...a.alive()], [...b.alive()]], [['a'], ['b']])
  })

  test('a ring is given its key while it runs: first all take both, then all send sealed', async (t) => {
    const settings = { ...LAN, verifyIncoming: false, verifyOutgoing: false }
    const a = await open(t, 'a', '127.80.8.1', { settings })
    const b = await open(t, 'b', '127.80.8.2', { settings: { ...LAN, verifyIncoming: false } })
    const plain = await open(t, 'plain', '127.80.8.3', { secret: new Uint8Array() })
    plain.join(['127.80.8.1'])
    await sees(plain, 'a', 'plain')
    b.join(['127.80.8.1'])
    await sees(a, 'a', 'b', 'plain')
  })

  for (const [address, message] of [
    ['node-a', /^cannot gossip from "node-a": it is not an IP address$/],
    ['', /^cannot gossip from "": it is not an IP address$/],
    ['0.0.0.0', /^cannot gossip from 0.0.0.0: it has to be the address that others reach us at$/],
    ['::', /^cannot gossip from ::: it has to be the address that others reach us at$/],
    ['192.0.2.1', /^cannot gossip from 192.0.2.1, UDP port 27947$/],
  ] as const) {
    test(`an address that cannot be is refused: "${address}"`, async (t) => {
      await assert.rejects(open(t, 'a', address), { message })
    })
  }

  test('ports that are taken are named, and none is kept', async (t) => {
    const first = await open(t, 'a', '127.80.9.1')
    await assert.rejects(open(t, 'b', '127.80.9.1'), { message: /UDP port 27947$/ })
    await first[Symbol.asyncDispose]()
    await open(t, 'b', '127.80.9.1')
  })
})
