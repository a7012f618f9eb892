// Rings that differ from MetalLB's usual one, each of one of ours and one of hashicorp/memberlist: the
// key of MetalLB v0.13, no key, IPv6.
import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { buildGoMember, skipWithoutGo } from '../membership-go/build.ts'
import { eventually } from '../support/eventually.ts'
import { agreed, GOSSIP_PORT, GoMember, type Member, OurMember } from './support/gossip.ts'

const secret = 'AAECAwQFBgcICQoLDA0ODw'

suite('one of ours and one of Go', { skip: await skipWithoutGo() }, () => {
  test('MetalLB v0.13: memberlist v0.3.1 and a key of 16 bytes', async (t) => {
    const go = await openGo(t, 'v0.3.1', { address: '127.79.1.1', keyBytes: 16 })
    const ours = await openOurs(t, { address: '127.79.1.2', keyBytes: 16 })
    ours.join(['127.79.1.1'])
    await agreed([ours, go])
    await go.leave()
    await agreed([ours])
  })

  test('with keys of two lengths they do not hear each other, and ours says so', async (t) => {
    const go = await openGo(t, 'v0.5.1', { address: '127.79.2.1', keyBytes: 16 })
    const ours = await openOurs(t, { address: '127.79.2.2' })
    go.join(['127.79.2.2'])
    await eventually(() => assert.equal(ours.running.counters().dropped['no-key'], 1))
    await eventually(() => assert.match(go.lines.at(-1)!.error ?? '', /decrypt/i))
    assert.deepEqual([ours.members(), go.members()], [['ours'], ['go']])
  })

  for (const first of ['ours', 'go'] as const) {
    test(`without a key, ${first} joins`, async (t) => {
      const go = await openGo(t, 'v0.5.1', { address: '127.79.3.1', secret: '' })
      const ours = await openOurs(t, { address: '127.79.3.2', secret: '' })
      if (first === 'ours') ours.join(['127.79.3.1'])
      else go.join(['127.79.3.2'])
      await agreed([ours, go])
      await ours.leave()
      await agreed([go])
    })
  }

  test('over IPv6', async (t) => {
    const port = GOSSIP_PORT + 1
    const ours = await openOurs(t, { address: '::1' })
    const go = await openGo(t, 'v0.5.1', { address: '::1', port })
    go.joinEndpoints([`[::1]:${GOSSIP_PORT}`])
    await agreed([ours, go])
    const { address } = ours.running.list().find(({ name }) => name === 'go')!
    assert.equal(address, '::1')
    await go.kill()
    await agreed([ours])
  })

  test('without the fast detector one that dies is found as memberlist finds it', async (t) => {
    const go = await openGo(t, 'v0.5.1', { address: '127.79.4.1' })
    const ours = await openOurs(t, { address: '127.79.4.2', fastDetector: false })
    ours.join(['127.79.4.1'])
    await agreed([ours, go])
    const started = performance.now()
    await go.kill()
    await agreed([ours])
    t.diagnostic(`found after ${Math.round(performance.now() - started)} ms`)
  })
})

type Seat = { address: string; port?: number; secret?: string; keyBytes?: 16; fastDetector?: false }

async function openGo(t: TestContext, version: 'v0.5.1' | 'v0.3.1', seat: Seat): Promise<GoMember> {
  return ended(
    t,
    await GoMember.open(await buildGoMember(version), { name: 'go', secret, ...seat }),
  )
}

async function openOurs(t: TestContext, seat: Seat): Promise<OurMember> {
  return ended(t, await OurMember.open({ name: 'ours', secret, ...seat }))
}

function ended<One extends Member>(t: TestContext, member: One): One {
  t.after(() => member[Symbol.asyncDispose]())
  return member
}
