import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, address, addressOf } from '../net/address.ts'
import { ADDRESSES_MAX } from './counters.ts'
import { Wanted } from './wanted.ts'

const A = address('10.0.0.1')
const B = address('10.0.0.2')
const one = (which: Address, ...interfaces: string[]) => ({ address: which, interfaces })
const ignore = () => {}

test('the difference, and nothing when there is none', () => {
  const wanted = new Wanted(ignore)
  const change = (...addresses: ReturnType<typeof one>[]) => wanted.change(addresses, 1)
  assert.deepEqual(change(one(A), one(B)), {
    put: [
      { ...one(A), slot: 0 },
      { ...one(B), slot: 1 },
    ],
    removed: [],
  })
  assert.equal(change(one(B), one(A)), undefined)
  assert.deepEqual(change(one(A, 'eth0')), {
    put: [{ ...one(A, 'eth0'), slot: 0 }],
    removed: [B.text],
  })
  assert.deepEqual(wanted.all, [{ ...one(A, 'eth0'), slot: 0 }])
  assert.deepEqual(change(), { put: [], removed: [A.text] })
})

test('a place in the counters is given again only after the worker has confirmed', () => {
  const begun: number[] = []
  const wanted = new Wanted((slot) => begun.push(slot))
  wanted.change([one(A)], 1)
  wanted.change([], 2)
  wanted.change([one(A)], 3)
  wanted.confirm(1)
  wanted.change([one(A), one(B)], 4)
  assert.deepEqual(begun, [0, 1, 2], 'nothing confirmed that gave up a place')
  wanted.confirm(2)
  wanted.change([one(A), one(B), one(address('10.0.0.3'))], 5)
  assert.deepEqual(begun, [0, 1, 2, 0])
})

test('an address that stays keeps its place', () => {
  const wanted = new Wanted(ignore)
  wanted.change([one(A), one(B)], 1)
  wanted.change([one(B)], 2)
  wanted.change([one(B, 'eth0'), one(A)], 3)
  assert.equal(wanted.all.find(({ address: { text } }) => text === B.text)?.slot, 1)
})

test('too many addresses are refused whole, and what stood stands', () => {
  const wanted = new Wanted(ignore)
  wanted.change([one(A)], 1)
  const many = Array.from({ length: ADDRESSES_MAX + 1 }, (_, i) => one(addressOf(6, BigInt(i))))
  assert.throws(() => wanted.change(many, 2), /at most 65536 addresses, not for 65537/)
  assert.deepEqual(wanted.all, [{ ...one(A), slot: 0 }])
})

test('the same address twice is a mistake of the caller', () => {
  assert.throws(() => new Wanted(ignore).change([one(A), one(A, 'eth0')], 1), /wanted once/)
})
