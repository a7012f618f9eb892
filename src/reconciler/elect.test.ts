import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { address } from '../net/address.ts'
import { Elections, elect, foremost } from './elect.ts'

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`)
const EDGES = ['edge-a', 'edge-b', 'worker-a', 'worker-b']

// As a speaker of MetalLB orders them: these must never change.
for (const [candidates, ip, scores, expected] of [
  [['node-a', 'node-b', 'node-c'], '10.0.0.1', {}, 'node-b node-a node-c'],
  [['node-a', 'node-b', 'node-c'], '10.0.0.2', {}, 'node-b node-c node-a'],
  [['iris1', 'iris2'], '10.20.30.1', {}, 'iris2 iris1'],
  [['iris1', 'iris2'], '10.20.30.2', {}, 'iris1 iris2'],
  [EDGES, '10.20.30.1', {}, 'edge-b worker-a edge-a worker-b'],
  [EDGES, '10.20.30.1', { 'edge-a': 100 }, 'edge-a edge-b worker-a worker-b'],
  [EDGES.slice(0, 3), '10.20.30.1', { 'edge-a': 100, 'edge-b': 100 }, 'edge-b edge-a worker-a'],
  [numbered('n', 3), '2001:db8::1', {}, 'n2 n3 n1'],
  [numbered('n', 3), '2001:0DB8:0::0:1', {}, 'n2 n3 n1'],
  [numbered('n', 5), 'fd00:1::a', {}, 'n1 n5 n3 n2 n4'],
  [numbered('n', 3), '192.168.1.240', {}, 'n1 n3 n2'],
  [numbered('n', 3), '::ffff:192.168.1.240', {}, 'n1 n3 n2'],
  [[], '10.0.0.1', {}, ''],
] as const) {
  test(`election for ${ip} among ${candidates.join(', ') || 'nobody'}`, () => {
    const given = new Map(Object.entries(scores))
    assert.equal(elect(candidates, address(ip), given).join(' '), expected)
    const winner = new Elections().winner(foremost(candidates, given), address(ip))
    assert.equal(winner ?? '', expected.split(' ')[0])
  })
}

test('over 255 addresses two nodes get about as many each: 134 and 121', () => {
  const elections = new Elections()
  const addresses = numbered('10.20.30.', 255).map(address)
  const won = addresses.filter((one) => elections.winner(['iris1', 'iris2'], one) === 'iris1')
  assert.equal(won.length, 134)
})

test('what is remembered never changes who wins, whoever comes and goes', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 30 })
  const ips = fc.nat(3).map((at) => address(`192.0.2.${at}`))
  fc.assert(
    fc.property(fc.array(fc.tuple(names, ips), { maxLength: 12 }), (rounds) => {
      const elections = new Elections()
      for (const [candidates, ip] of rounds) {
        assert.equal(elections.winner(candidates, ip), elect(candidates, ip)[0])
      }
    }),
  )
})

test('the order of the candidates is of no account', () => {
  const ip = address('192.0.2.1')
  const names = numbered('n', 12)
  assert.deepEqual(elect(names.toReversed(), ip), elect(names, ip))
  assert.equal(new Elections().winner(names.toReversed(), ip), elect(names, ip)[0])
})

test('what is hashed is the name of the node, a number sign, and the address as text', () => {
  const [first, second] = elect(['a', 'b'], address('192.0.2.1'))
  const digest = (node = '') => hash('sha256', `${node}#192.0.2.1`)
  assert.ok(digest(first) < digest(second))
})
