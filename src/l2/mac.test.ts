import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BROADCAST, isStation, macText, parseMac, readMac, writeMac } from './mac.ts'

test('a hardware address survives bytes and text', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: BROADCAST }),
      fc.integer({ min: 0, max: 9 }),
      (mac, at) => {
        const bytes = new Uint8Array(16)
        writeMac(bytes, at, mac)
        assert.equal(readMac(bytes, at), mac)
        assert.equal(parseMac(macText(mac)), mac)
      },
    ),
  )
})

for (const [text, mac] of [
  ['02:00:00:00:0a:01', 0x020000000a01],
  ['FF:ff:FF:ff:FF:ff', BROADCAST],
  ['2:0:0:0:a:1', undefined],
  ['02:00:00:00:0a', undefined],
  ['02:00:00:00:0a:01:02', undefined],
  ['', undefined],
] as const) {
  test(`reading the hardware address "${text}"`, () => assert.equal(parseMac(text), mac))
}

for (const [text, expected] of [
  ['02:00:00:00:0a:01', true],
  ['fe:ff:ff:ff:ff:ff', true],
  ['00:00:00:00:00:00', false],
  ['01:00:5e:00:00:01', false],
  ['33:33:00:00:00:01', false],
  ['ff:ff:ff:ff:ff:ff', false],
] as const) {
  test(`${text} is ${expected ? 'one station' : 'no single station'}`, () => {
    assert.equal(isStation(parseMac(text)!), expected)
  })
}
