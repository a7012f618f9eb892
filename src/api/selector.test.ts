import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matches, matchesAny, parseSelector, type WrittenSelector } from './selector.ts'

const one = (key: string, operator: string, values?: string[]): WrittenSelector => ({
  matchExpressions: [{ key, operator, values }],
})

function parsed(written: WrittenSelector) {
  const selector = parseSelector(written)
  if (typeof selector === 'string') throw new Error(selector)
  return selector
}

for (const [name, written, labels, expected] of [
  ['empty matches everything', {}, {}, true],
  ['label equal', { matchLabels: { a: 'b' } }, { a: 'b' }, true],
  ['label differs', { matchLabels: { a: 'b' } }, { a: 'c' }, false],
  ['In', one('a', 'In', ['x', 'y']), { a: 'y' }, true],
  ['In, key absent', one('a', 'In', ['x']), {}, false],
  ['NotIn, key absent', one('a', 'NotIn', ['x']), {}, true],
  ['NotIn, listed', one('a', 'NotIn', ['x']), { a: 'x' }, false],
  ['Exists', one('a', 'Exists'), { a: '' }, true],
  ['DoesNotExist', one('a', 'DoesNotExist'), { a: '' }, false],
  ['a key of Object itself is absent', one('toString', 'Exists'), {}, false],
  ['all must match', { matchLabels: { a: 'b', c: 'd' } }, { a: 'b' }, false],
] as const) {
  test(`selector: ${name}`, () => assert.equal(matches(parsed(written), labels), expected))
}

for (const [name, written, message] of [
  ['unknown operator', one('a', 'Surrounds', ['x']), /not a label selector operator/],
  ['our own name for matchLabels is none', one('a', 'Equals', ['x']), /not a label selector/],
  ['In without values', one('a', 'In', []), /needs a value/],
  ['Exists with values', one('a', 'Exists', ['x']), /takes no values/],
  ['bad key', one('a b', 'Exists'), /not a label key/],
  ['bad prefix', one('UPPER/a', 'Exists'), /not a label key/],
  ['bad value', { matchLabels: { a: '-x' } }, /not a label value/],
  ['value twice', one('a', 'In', ['x', 'x']), /duplicate value/],
  [
    'expression twice',
    {
      matchExpressions: [one('a', 'In', ['x', 'y']), one('a', 'In', ['y', 'x'])].flatMap(
        (w) => w.matchExpressions ?? [],
      ),
    },
    /duplicate match expression/,
  ],
] as const) {
  test(`selector refused: ${name}`, () => assert.match(String(parseSelector(written)), message))
}

test('the canonical text does not depend on the order of labels', () => {
  const text = (written: WrittenSelector) => parsed(written).text
  assert.equal(text({ matchLabels: { b: '1', a: '2' } }), text({ matchLabels: { a: '2', b: '1' } }))
  const mixed = { matchLabels: { foo: 'bar' }, ...one('bar', 'In', ['quux']) }
  assert.equal(text(mixed), 'bar in (quux),foo=bar')
})

test('several selectors are alternatives, none is everything', () => {
  const selectors = [parsed({ matchLabels: { a: '1' } }), parsed({ matchLabels: { b: '1' } })]
  assert.ok(matchesAny(selectors, { b: '1' }))
  assert.ok(!matchesAny(selectors, { c: '1' }))
  assert.ok(matchesAny([], { c: '1' }))
})
