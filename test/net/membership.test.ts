// Ours and hashicorp/memberlist in one ring, as in a cluster that is on its way from MetalLB: all see
// the same members through everything, and so elect the same owners.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, suite, type TestContext, test } from 'node:test'
import { buildGoMember, skipWithoutGo } from '../membership-go/build.ts'
import { eventually } from '../support/eventually.ts'
import { agreed, GOSSIP_PORT, GoMember, type Member, OurMember } from './support/gossip.ts'

/** As MetalLB's controller makes it. */
const secret = 'AAECAwQFBgcICQoLDA0ODw'
const addressOf = (seat: number) => `127.79.0.${seat}`

suite('three of ours and three of Go in one ring', { skip: await skipWithoutGo() }, () => {
  let program: string
  const ring = new Map<number, Member>()
  const members = () => [...ring.values()]
  /** What those of ours say of themselves; something else in each life. */
  const says = new Map<string, string>()
  const everybody = Array.from({ length: 6 }, (_, i) => addressOf(i + 1))

  /** Odd seats are Go's. */
  const open = (seat: number): Promise<Member> => {
    const name = `${seat % 2 ? 'go' : 'ours'}-${seat}`
    const options = { name, address: addressOf(seat), secret }
    if (seat % 2) return GoMember.open(program, options)
    const meta = `ferrule-test=${randomUUID()}`
    says.set(name, meta)
    return OurMember.open({ ...options, meta })
  }
  const take = async (seat: number) => {
    const member = await open(seat)
    ring.set(seat, member)
    return member
  }
  const remove = (seat: number) => {
    const member = ring.get(seat)!
    ring.delete(seat)
    return member
  }
  async function timed(t: TestContext, what: string, withinMs?: number): Promise<void> {
    const started = performance.now()
    await agreed(members(), withinMs)
    const said = members().map(({ name }) => [name, says.get(name) ?? ''])
    await eventually(() => {
      for (const one of members()) assert.deepEqual(one.metas(), Object.fromEntries(said), one.name)
    }, withinMs)
    t.diagnostic(`${what}: all agree after ${Math.round(performance.now() - started)} ms`)
  }

  before(async () => {
    program = await buildGoMember()
  })
  after(async () => {
    for (const member of members()) await member[Symbol.asyncDispose]()
  })

  test('they find each other, whoever joins whom', async (t) => {
    for (const seat of [1, 2, 3, 4, 5, 6]) await take(seat)
    ring.get(1)!.join([addressOf(2)])
    ring.get(2)!.join(everybody)
    ring.get(3)!.join([addressOf(1)])
    ring.get(4)!.join([addressOf(3)])
    ring.get(6)!.join([addressOf(5), addressOf(4)])
    await timed(t, 'joins')
  })

  for (const [what, seat] of [
    ['one of Go', 3],
    ['one of ours', 4],
  ] as const) {
    test(`${what} dies and comes back`, async (t) => {
      await remove(seat).kill()
      await timed(t, `${what} dies`)
      const back = await take(seat)
      back.join([addressOf(1), addressOf(2)])
      await timed(t, `${what} is back`)
    })

    test(`${what} restarts before anybody noticed`, async (t) => {
      await remove(seat).kill()
      const back = await take(seat)
      back.join([addressOf(1), addressOf(2)])
      await timed(t, `${what} restarts`)
    })

    test(`${what} leaves and comes back`, async (t) => {
      await remove(seat).leave()
      await timed(t, `${what} leaves`)
      const back = await take(seat)
      back.join([addressOf(1), addressOf(2)])
      await timed(t, `${what} is back`)
    })
  }

  test('two at once die, one of each', async (t) => {
    await Promise.all([remove(5).kill(), remove(6).kill()])
    await timed(t, 'two die', 60_000)
  })

  test('nobody sent what another could not read', () => {
    for (const member of members()) {
      if (member instanceof OurMember) assert.deepEqual(dropsOf(member), [], member.name)
      if (member instanceof GoMember) assert.doesNotMatch(member.log(), UNREADABLE, member.name)
    }
  })

  test('a flood of garbage in datagrams changes nothing', async (t) => {
    const socket = createSocket('udp4')
    t.after(() => socket.close())
    const target = ring.get(2) as OurMember
    const taken = () => target.running.counters().packetsIn
    const before = taken()
    for (let sent = 0; sent < 20_000; sent += 500) {
      for (let i = 0; i < 500; i++) socket.send(garbage(i), GOSSIP_PORT, addressOf(2))
      await eventually(() => assert.ok(taken() > before + sent / 2))
    }
    await agreed(members())
    assert.deepEqual(dropsOf(target), ['no-key', 'not-sealed'])
  })

  test('a flood of garbage in streams changes nothing', async () => {
    const target = ring.get(2) as OurMember
    const before = target.running.counters().streamsIn
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => pour(garbage(i), addressOf(2))))
    }
    // The others of the ring come as well now and then.
    assert.ok(target.running.counters().streamsIn >= before + 500)
    const late = await take(6)
    late.join([addressOf(2)])
    await agreed(members())
  })
})

/** What memberlist logs of bytes that it does not understand. */
const UNREADABLE = /\[ERR\].*(?:decode|decrypt|msgpack|decompress)/i

const dropsOf = ({ running }: OurMember): string[] => Object.keys(running.counters().dropped)

/** Resolves when the other side has had enough. */
async function pour(bytes: Uint8Array, host: string): Promise<void> {
  const socket = connect({ host, port: GOSSIP_PORT })
  socket.on('error', () => {})
  socket.resume().end(bytes)
  await once(socket, 'close')
}

function garbage(seed: number): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(1 + ((seed * 37) % 1_400)))
  // Half of them look like a sealed frame at least.
  bytes[0] = seed % 2
  return bytes
}
