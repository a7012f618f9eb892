import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { SortedMap } from './sorted-map.ts'

const key = fc.integer({ min: 0, max: 200 }).map(String)
const edit = fc.tuple(key, fc.option(fc.nat(), { nil: undefined }))

test('after any edits it holds what a sorted Map would, and no older copy has changed', () => {
  fc.assert(
    fc.property(fc.array(fc.array(edit, { maxLength: 40 }), { maxLength: 8 }), (rounds) => {
      let map = new SortedMap<number>()
      const model = new Map<string, number>()
      const older: [SortedMap<number>, string][] = []
      for (const edits of rounds) {
        older.push([map, JSON.stringify([...map])])
        map = map.with(edits)
        for (const [key, value] of edits) {
          if (value === undefined) model.delete(key)
          else model.set(key, value)
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
        assert.deepEqual([...map], sorted)
        assert.deepEqual(
          [...map.keys()],
          sorted.map(([key]) => key),
        )
        assert.deepEqual(
          [...map.values()],
          sorted.map(([, value]) => value),
        )
        assert.equal(map.size, model.size)
        for (const [key] of edits) {
          assert.equal(map.get(key), model.get(key))
          assert.equal(map.has(key), model.has(key))
        }
      }
      for (const [copy, then] of older) assert.equal(JSON.stringify([...copy]), then)
    }),
  )
})
