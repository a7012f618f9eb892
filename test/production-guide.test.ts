// The production guide's routers of four makes say the same, and the same as its objects. The blocks of FRR and
// BIRD are run by test/net/production.test.ts; those of Cisco and VyOS are read here, and nowhere run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './support/build.ts'
import { guideBlock, replaceParts } from './support/production-guide.ts'
import { MAKES, type RouterFacts } from './support/router-facts.ts'
import { givenIn } from './support/world-of-files.ts'

const SECTIONS = { frr: 'FRR', bird: 'BIRD', cisco: 'Cisco IOS-XE', vyos: 'VyOS' } as const
type Make = keyof typeof SECTIONS

const textOf = (make: Make) => guideBlock(SECTIONS[make], make)
const factsIn = (make: Make, text = textOf(make)): RouterFacts => MAKES.get(make)!(text)

const { config, problems } = world(givenIn(guideBlock('Objects', 'yaml'), 'the guide'))

test('the objects are right', () => assert.deepEqual(problems, []))

for (const make of Object.keys(SECTIONS) as Make[]) {
  test(`${SECTIONS[make]} says what the others say, but for its own address and password`, () => {
    const common = ({ address: _, password: __, ...facts }: RouterFacts) => facts
    const [other] = MAKES.keys().filter((one) => one !== make)
    assert.deepEqual(common(factsIn(make)), common(factsIn(other as Make)))
  })

  test(`${SECTIONS[make]} fits the objects: AS numbers, timers, BFD, pool, marks, password`, () => {
    const facts = factsIn(make)
    const peer = config.peers.find(({ peerAddress }) => peerAddress?.text === facts.address)
    assert.ok(peer, `no BGPPeer has ${facts.address}`)
    assert.deepEqual(
      [facts.asn, facts.nodeAsn].map(Number),
      [peer.peerASN, peer.myASN],
      'AS numbers',
    )
    const { keepaliveSeconds, holdSeconds } = peer.timers!
    assert.deepEqual([facts.keepalive, facts.hold].map(Number), [keepaliveSeconds, holdSeconds])
    const { receiveInterval, transmitInterval, detectMultiplier } = peer.bfd!
    assert.deepEqual(facts.bfd.map(Number), [receiveInterval, transmitInterval, detectMultiplier])
    assert.equal(facts.password, peer.password?.reveal())
    const [pool] = config.pools
    assert.deepEqual(
      pool!.blocks.map(({ text }) => text),
      [facts.pool],
    )
    const ad = pool!.bgp.find(({ peers }) => peers.includes(peer.name))
    const known = facts.marks.map((mark) => mark.split(' ')[0])
    for (const { text } of ad!.communities) assert.ok(known.includes(text), `${text} is unknown`)
    assert.equal(String(ad!.aggregationLength), facts.length)
  })

  test(`${SECTIONS[make]} waits for calls, tells nothing, and has room for the whole pool`, () => {
    const { waitsForCalls, tellsNothing, limit } = factsIn(make)
    assert.deepEqual([waitsForCalls, tellsNothing], [true, true])
    const addresses = 2 ** (32 - Number(factsIn(make).pool.split('/')[1]))
    assert.equal(Number(limit), 2 * addresses)
  })
}

test('BIRD with GTSM differs in nothing that is compared', () => {
  const text = replaceParts(textOf('bird'), guideBlock('GTSM', 'bird'))
  assert.deepEqual(factsIn('bird', text), factsIn('bird'))
})
