import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { address, addressOf } from '../net/address.ts'
import { readU32 } from './bytes.ts'
import { AddressTable, bytesOf, entryOf } from './table.ts'

const entry = (text: string) =>
  entryOf({ address: address(text), interfaces: [], slot: 0, sinceMs: 0 })
const anyAddress = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((bits) => addressOf(4, bits)),
  fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((bits) => addressOf(6, bits)),
  // Close together, so that some are put twice and taken away again.
  fc.bigInt({ min: 0xfffffff0n, max: 0xffffffffn }).map((bits) => addressOf(4, bits)),
  fc.bigInt({ min: 0n, max: 9n }).map((low) => addressOf(6, (0x20010db8n << 96n) + low)),
)

test('what was put and not removed is found, by text and by bytes; nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyAddress, fc.boolean())), (steps) => {
      const table = new AddressTable()
      const expected = new Set<string>()
      for (const [{ text }, isPut] of steps) {
        if (isPut) table.put(entry(text))
        else table.remove(text)
        if (isPut) expected.add(text)
        else expected.delete(text)
      }
      assert.deepEqual(new Set([...table.entries()].map(({ address }) => address.text)), expected)
      assert.equal(table.size, expected.size)
      for (const [one] of steps) {
        const bytes = bytesOf(one)
        const found = one.family === 4 ? table.findV4(readU32(bytes, 0)) : table.findV6(bytes)
        assert.equal(found, table.get(one.text))
        assert.equal(found !== undefined, expected.has(one.text))
      }
    }),
  )
})

test('bytes stand in network order', () => {
  assert.deepEqual([...bytesOf(address('192.0.2.1'))], [192, 0, 2, 1])
  assert.deepEqual([...bytesOf(address('2001:db8::ff')).subarray(0, 4)], [0x20, 1, 0x0d, 0xb8])
})
