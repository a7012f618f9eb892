// `peers.yaml` is the judge of the net tests, so a word in it that means nothing must not pass.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { casesWithPeers, parsePeers } from './support/expectation.ts'

const PLAIN = `
routers:
  r1:
    asn: 200
    sees: { asn: 100 }
    hears:
      - { prefix: 192.0.2.1/32, nextHop: node4, asPath: [100] }
`

test('what is left out has one meaning', () => {
  const parsed = parsePeers(PLAIN, 'peers.yaml')
  assert.deepEqual(parsed, {
    ...{ network: 'one-hop', witness: 'receiver' },
    routers: {
      r1: {
        ...{ asn: 200, sees: { asn: 100 }, nodeLearns: [] },
        hears: [
          {
            ...{ prefix: '192.0.2.1/32', nextHop: 'node4', asPath: [100] },
            ...{ communities: [], largeCommunities: [] },
          },
        ],
      },
    },
  })
})

for (const [name, from, to, complaint] of [
  ['a misspelt field', 'asPath', 'aspath', /aspath/],
  ['a field too many', 'asn: 100', 'asn: 100, med: 5', /med/],
  ['no AS path', ', asPath: [100]', '', /asPath/],
  ['host bits in a prefix', '192.0.2.1/32', '192.0.2.1/24', /not a masked prefix/],
  ['an IPv6 prefix that is not shortened', '192.0.2.1/32', '2001:db8:0::/64', /not a masked/],
  ['a next hop by number', 'node4', '10.0.0.1', /nextHop/],
  ['an unknown network', 'routers:', 'network: moon\nrouters:', /network/],
  ['objects that do not exist', 'routers:', 'with: nothing\nrouters:', /with/],
  ['half a community', '[100]', "[100], communities: ['1']", /communities/],
  ['a large community among the others', '[100]', "[100], communities: ['1:2:3']", /communities/],
  ['what a receiver cannot see', 'asn: 100', 'asn: 100, routerId: 10.0.0.1', /"routerId".*bird/],
  ['a session without routes to hear', 'hears:', 'listens:', /hears/],
] as const) {
  test(`refused: ${name}`, () => {
    const text = PLAIN.replace(from, to)
    assert.notEqual(text, PLAIN)
    assert.throws(() => parsePeers(text, 'peers.yaml'), complaint)
  })
}

test('the cases say it in every network, for both witnesses', () => {
  const cases = casesWithPeers()
  assert.ok(cases.length >= 30, `only ${cases.length} cases say what peers must hear`)
  for (const key of ['network', 'witness'] as const) {
    assert.ok(new Set(cases.map((one) => one[key])).size > 1, `all cases have one ${key}`)
  }
})
