import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { config } from './arbitrary-config.ts'
import { asWanted, isEmpty, minus, seenAs, stillSeen, union } from './shown.ts'
import { equalTrees, parseTree } from './tree.ts'

const trees = config({ vrfs: ['red'], asns: [64512] }).map(parseTree)
const router = (lines: string) => parseTree(`router bgp 64512\n${lines}`)

test('what was shown once reads as what was wanted', () => {
  fc.assert(
    fc.property(trees, trees, (wanted, running) => {
      assert.ok(equalTrees(asWanted(running, seenAs(wanted, running)), wanted))
    }),
    { numRuns: 100 },
  )
})

test('FRR that shows what it was told leaves nothing to remember', () => {
  const running = router('neighbor a oddity 2')
  assert.equal(seenAs(router('neighbor a oddity 2'), running), undefined)
  assert.equal(asWanted(running, undefined), running)
})

test('what changed since is read as it stands', () => {
  const seen = seenAs(
    router('neighbor a oddity 1\nneighbor a hidden 1'),
    router('neighbor a oddity one'),
  )
  const later = router('neighbor a oddity two\nneighbor b remote-as 1')
  assert.ok(
    equalTrees(
      asWanted(later, seen),
      router('neighbor a oddity two\nneighbor a hidden 1\nneighbor b remote-as 1'),
    ),
  )
})

test('it is forgotten when what FRR showed instead is gone', () => {
  const running = router('neighbor a oddity one')
  const seen = seenAs(router('neighbor a strangeness 1'), running)
  assert.equal(stillSeen(seen, running), seen)
  assert.equal(stillSeen(seen, router('')), undefined)
})

test('taking away and putting back', () => {
  fc.assert(
    fc.property(trees, trees, (a, b) => {
      assert.ok(isEmpty(minus(a, a)))
      assert.ok(equalTrees(union(b, minus(a, b)), union(b, a)))
    }),
    { numRuns: 100 },
  )
})
