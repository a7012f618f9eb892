import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressText, endpointText, wireAddress } from './endpoint.ts'

for (const [text, hex, port] of [
  ['10.0.0.1', '0a000001', '10.0.0.1:7946'],
  ['255.254.0.9', 'fffe0009', '255.254.0.9:7946'],
  ['fd00::1:2', 'fd000000000000000000000000010002', '[fd00::1:2]:7946'],
  ['::', '00000000000000000000000000000000', '[::]:7946'],
] as const) {
  test(`${text} to the wire and back`, () => {
    const addr = wireAddress(text)!
    assert.equal(Buffer.from(addr).toString('hex'), hex)
    assert.equal(addressText(addr), text)
    assert.equal(endpointText({ addr, port: 7946 }), port)
  })
}

test('a mapped IPv4 address has 4 bytes: with 16 it would be another one to every peer', () => {
  assert.deepEqual(wireAddress('::ffff:10.0.0.1'), Uint8Array.of(10, 0, 0, 1))
})

test('what is no address is none', () => {
  for (const text of ['', 'node-a', '10.0.0', '10.0.0.1:7946', 'fe80::1%eth0']) {
    assert.equal(wireAddress(text), undefined, text)
  }
})
