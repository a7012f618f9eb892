import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClassKey, type ClassMember, observeClasses } from './classes.ts'
import { parseTree } from './tree.ts'

const keyOf: ClassKey = (members) => JSON.stringify([...members])
const member = (communities: string[] = [], largeCommunities: string[] = []) => ({
  communities,
  largeCommunities,
})

const TEXT = `route-map svc-7 permit 1
 set tag 7
route-map 10.0.0.2-out permit 70
 match tag 7
 set community no-export 65001:9 65001:10 additive
 set large-community 2:1:1 1:1:1 additive
 set local-preference 150
route-map 10.0.0.1-out permit 3
 match tag 7
route-map 10.0.0.2-out deny 65000
`

test('a class is what each neighbour hears, by neighbour', () => {
  const key = keyOf(
    new Map<string, ClassMember>([
      ['10.0.0.1', member()],
      [
        '10.0.0.2',
        { localPref: 150, ...member(['65001:9', '65001:10', '65535:65281'], ['1:1:1', '2:1:1']) },
      ],
    ]),
  )
  assert.deepEqual(observeClasses(parseTree(TEXT), keyOf), new Map([[key, 7]]))
})

test('of two numbers with one content the lower one stays', () => {
  const twice = ['12', '7']
    .map(
      (n) =>
        `route-map svc-${n} permit 1\n set tag ${n}\nroute-map a-out permit ${n}0\n match tag ${n}\n`,
    )
    .join('')
  assert.deepEqual([...observeClasses(parseTree(twice), keyOf).values()], [7])
})

test('a class nobody hears keeps its number', () => {
  const text = 'route-map svc-3 permit 1\n set tag 3\n'
  assert.deepEqual(observeClasses(parseTree(text), keyOf), new Map([[keyOf(new Map()), 3]]))
})

for (const [name, text] of [
  ['a map with another tag', 'route-map svc-3 permit 1\n set tag 4\n'],
  ['a map without a tag', 'route-map svc-3 permit 1\n'],
  ['a map of the user', 'route-map svc-x permit 1\n set tag 3\n'],
  ['nothing at all', ''],
] as const) {
  test(`no class: ${name}`, () => assert.equal(observeClasses(parseTree(text), keyOf).size, 0))
}
