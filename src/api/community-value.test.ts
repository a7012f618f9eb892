import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareCommunities, isCommunity, parseCommunity } from './community-value.ts'

for (const [written, kind, text] of [
  ['12345:12345', 'standard', '12345:12345'],
  ['0:0', 'standard', '0:0'],
  ['65535:65535', 'standard', '65535:65535'],
  ['large:1:2:3', 'large', '1:2:3'],
  ['large:4294967295:0:0', 'large', '4294967295:0:0'],
  ['no-export', 'standard', '65535:65281'],
  ['NO-ADVERTISE', 'standard', '65535:65282'],
] as const) {
  test(`community ${written}`, () => {
    const parsed = parseCommunity(written)
    assert.ok(isCommunity(parsed))
    assert.deepEqual([parsed.kind, parsed.text], [kind, text])
  })
}

for (const [written, wrong] of [
  ['65536:1', 'value'],
  ['1:-1', 'value'],
  ['0x1:1', 'value'],
  ['larg:1:2:3', 'value'],
  ['large:1:x:3', 'value'],
  ['large:4294967296:0:0', 'value'],
  ['12345', 'format'],
  ['1:2:3', 'format'],
  ['', 'format'],
  ['my-alias', 'format'],
] as const) {
  test(`no community: "${written}" is wrong in its ${wrong}`, () => {
    const parsed = parseCommunity(written)
    assert.ok(!isCommunity(parsed))
    assert.equal(parsed.wrong, wrong)
    assert.match(parsed.message, /community/)
  })
}

test('standard and large communities have one order', () => {
  const sorted = ['large:123:456:789', '0:2345', 'large:1234:0:1', '0:1234', 'large:1234:0:0']
    .map(parseCommunity)
    .filter(isCommunity)
    .sort(compareCommunities)
    .map((one) => one.text)
  assert.deepEqual(sorted, ['123:456:789', '0:1234', '1234:0:0', '1234:0:1', '0:2345'])
})
