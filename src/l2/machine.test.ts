import assert from 'node:assert/strict'
import test from 'node:test'
import { hasNetRaw } from './machine.ts'

for (const [who, effective, expected] of [
  ['root of the machine', '000001ffffffffff', true],
  ['a container with NET_RAW alone', '0000000000002000', true],
  ['a container with everything else', '000001ffffffdfff', false],
  ['a container without any', '0000000000000000', false],
] as const) {
  test(`the right to packet sockets: ${who}`, () => {
    const status = `Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t${effective}\nCapBnd:\t0\n`
    assert.equal(hasNetRaw(status), expected)
  })
}

test('what says nothing of rights gives none', () =>
  assert.equal(hasNetRaw('Name:\tnode\n'), false))
