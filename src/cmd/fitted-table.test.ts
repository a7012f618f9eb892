import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitHeight, fitLine, fitTable, type Line, paint } from './fitted-table.ts'

const COLUMNS = [
  { title: 'NAME' },
  { title: 'STATE', least: 11 },
  { title: 'EMPTY' },
  { title: 'WHY' },
]
const ROWS = [
  ['router-primary', 'Established', '', ''],
  ['r2', { text: 'Active', tone: 'bad' as const }, '', 'no route to the neighbour'],
]
const plain = (lines: readonly Line[]) => lines.map((line) => paint(line, false))

test('a table that fits is as wide as it wants, without its empty column', () => {
  assert.deepEqual(plain(fitTable(COLUMNS, ROWS, 80)), [
    'NAME            STATE        WHY',
    'router-primary  Established',
    'r2              Active       no route to the neighbour',
  ])
})

test('the widest column gives way first, and says so', () => {
  assert.deepEqual(plain(fitTable(COLUMNS, ROWS, 40)), [
    'NAME          STATE        WHY',
    'router-prim…  Established',
    'r2            Active       no route to …',
  ])
})

test('a terminal too narrow for all columns cuts the line', () => {
  assert.deepEqual(plain(fitTable(COLUMNS, ROWS, 16)), [
    'NAME    STATE  …',
    'route…  Establi…',
    'r2      Active …',
  ])
})

test('no line is wider than the terminal, whatever stands in it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const rows = fc.array(fc.array(text, { minLength: 4, maxLength: 4 }), { maxLength: 5 })
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 90 }), (cells, width) => {
      for (const line of plain(fitTable(COLUMNS, cells, width))) {
        assert.ok([...line].length <= width, `${JSON.stringify(line)} in ${width}`)
        assert.doesNotMatch(line, /\p{Cc}/u)
      }
    }),
  )
})

test('what a terminal obeys is not passed on', () => {
  assert.deepEqual(fitLine([{ text: 'a\u001b[2Jb\nc\u202ed' }], 20), [{ text: 'a [2Jb c d' }])
})

test('colour adds no width, and is only there when asked for', () => {
  const [, , row] = fitTable(COLUMNS, ROWS, 80)
  assert.equal(paint(row!, true).includes('\u001b[31mActive       \u001b[0m'), true)
  assert.equal(paint(row!, false).includes('\u001b'), false)
})

for (const [height, expected] of [
  [3, ['a', 'b', 'c']],
  [2, ['a', '… 2 lines more']],
  [1, ['… 3 lines more']],
] as const) {
  test(`three lines on a terminal of ${height}`, () => {
    const lines = ['a', 'b', 'c'].map((text) => [{ text }])
    assert.deepEqual(plain(fitHeight(lines, height)), expected)
  })
}
