import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listed, parseAsked } from './listed.ts'

const asked = (query: string) => parseAsked(new URLSearchParams(query))

for (const [query, expected] of [
  ['', { terms: [], limit: 100 }],
  ['q=Web%20%20192.0.2', { terms: ['web', '192.0.2'], limit: 100 }],
  ['q=is:waiting+shop', { terms: ['shop'], state: 'waiting', limit: 100 }],
  ['rows=300', { terms: [], limit: 300 }],
  ['rows=9999', { terms: [], limit: 1000 }],
  ['rows=-1', { terms: [], limit: 100 }],
  ['rows=99999999999', { terms: [], limit: 100 }],
  [`q=${'a'.repeat(9_000)}`, { terms: ['a'.repeat(200)], limit: 100 }],
] as const) {
  test(`asked for: ${query.slice(0, 40)}`, () => assert.deepEqual(asked(query), expected))
}

const ITEMS = ['good a', 'bad b', 'good c', 'bad d']
const LISTING = {
  textOf: (item: string) => item,
  rowOf: (item: string) => item.toUpperCase(),
  states: { order: ['bad', 'good'], of: (item: string) => item.split(' ')[0]! },
}

for (const [query, matching, rows] of [
  ['', 4, ['BAD B', 'BAD D', 'GOOD A', 'GOOD C']],
  ['rows=3', 4, ['BAD B', 'BAD D', 'GOOD A']],
  ['q=GOOD+c', 1, ['GOOD C']],
  ['q=is:bad', 2, ['BAD B', 'BAD D']],
  ['q=is:odd', 0, []],
  ['q=e', 0, []],
] as const) {
  test(`what is listed: ${query}`, () => {
    assert.deepEqual(listed(ITEMS, asked(query), LISTING), { total: 4, matching, rows })
  })
}

test('what has no states is not asked for one', () => {
  const { states: _, ...plain } = LISTING
  assert.equal(listed(ITEMS, asked('q=is:bad'), plain).matching, 4)
})

test('rows are made of what is shown alone', () => {
  const made: string[] = []
  const rowOf = (item: string) => made.push(item)
  listed(ITEMS, asked('rows=1'), { ...LISTING, rowOf })
  assert.deepEqual(made, ['bad b'])
})
