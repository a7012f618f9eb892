import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeMessage, encodeOpen, parseOpen, readMessage, TYPE } from './bgp.ts'
import { parseUpdate } from './bgp-update.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(/\s+/g, ''), 'hex')

// Withdrawn: none. ORIGIN igp; AS_PATH 64513; NEXT_HOP 192.0.2.11; MED 0; communities 64512:100,
// 64512:200; large community 64512:1:2. NLRI 198.51.100.0/32 and 198.51.100.128/25.
const V4 = hex(`
  0000 003c
  40 01 01 00
  40 02 06 02 01 0000fc01
  40 03 04 c000020b
  80 04 04 00000000
  c0 08 08 fc000064 fc0000c8
  c0 20 0c 0000fc00 00000001 00000002
  40 05 04 00000096
  20 c6336400 19 c6336480`)

// MP_REACH with extended length: IPv6 unicast, next hop 2001:db8:2::11 and a link-local one.
const V6 = hex(`
  0000 0047
  90 0e 0036 0002 01 20 20010db8000200000000000000000011 fe800000000000000000000000000011
  00 80 20010db8006400000000000000000000
  40 01 01 00 40 02 06 02 01 0000fc01`)

test('an IPv4 UPDATE with every attribute', () => {
  const common = {
    ...{ origin: 0, asPath: [64513], nextHop: '192.0.2.11', med: 0, localPref: 150 },
    ...{ communities: ['64512:100', '64512:200'], largeCommunities: ['64512:1:2'] },
  }
  assert.deepEqual(parseUpdate(V4), {
    announced: [
      { prefix: '198.51.100.0/32', ...common },
      { prefix: '198.51.100.128/25', ...common },
    ],
    withdrawn: [],
  })
})

test('an IPv6 UPDATE: the global next hop, not the link-local one behind it', () => {
  const update = parseUpdate(V6)
  assert.ok(!('bad' in update))
  assert.deepEqual(
    update.announced.map(({ prefix, nextHop, asPath }) => ({ prefix, nextHop, asPath })),
    [{ prefix: '2001:db8:64::/128', nextHop: '2001:db8:2::11', asPath: [64513] }],
  )
})

for (const [name, bytes, expected] of [
  ['IPv4', '0005 20c6336400 0000', ['198.51.100.0/32']],
  ['default route', '0001 00 0000', ['0.0.0.0/0']],
  ['IPv6', '0000 000b 80 0f 08 0002 01 20 20010db8', ['2001:db8::/32']],
] as const) {
  test(`withdrawn: ${name}`, () => {
    assert.deepEqual(parseUpdate(hex(bytes)), { announced: [], withdrawn: expected })
  })
}

for (const [family, bytes] of [
  ['ipv4', '0000 0000'],
  ['ipv6', '0000 0006 80 0f 03 0002 01'],
] as const) {
  test(`end of RIB: ${family}`, () => {
    const expected = { announced: [], withdrawn: [], endOfRib: family }
    assert.deepEqual(parseUpdate(hex(bytes)), expected)
  })
}

for (const [name, bytes] of [
  ['empty', ''],
  ['a prefix longer than its family', '0001 21 0000'],
  ['an attribute longer than the list', '0000 0003 40 01 05'],
  ['an announced route without a next hop', '0000 0000 20 c6336400'],
  ['half a community', '0000 0005 c0 08 02 fc00'],
] as const) {
  test(`malformed: ${name}`, () => assert.ok('bad' in parseUpdate(hex(bytes))))
}

test('an UPDATE cut anywhere never throws, and never reads past its end', () => {
  for (const whole of [V4, V6]) {
    for (let length = 0; length < whole.length; length++) {
      const update = parseUpdate(whole.subarray(0, length))
      // A cut between two prefixes leaves a shorter, but whole UPDATE.
      if (!('bad' in update)) assert.ok(update.announced.length < 2)
    }
  }
})

test('garbage never throws', () => {
  const bytes = fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array))
  fc.assert(fc.property(bytes, (body) => [parseUpdate(body), parseOpen(body)].length === 2))
})

for (const asn of [64512, 4_200_000_000]) {
  test(`OPEN there and back: AS ${asn}`, () => {
    const open = { asn, holdTimeSeconds: 90, routerId: '192.0.2.1' }
    const message = readMessage(encodeOpen(open))
    assert.ok(message && !('bad' in message))
    const parsed = parseOpen(message.body)
    assert.ok(!('bad' in parsed))
    const { capabilities, ...rest } = parsed
    assert.deepEqual(rest, open)
    assert.deepEqual(
      capabilities.map(({ code }) => code),
      [1, 1, 2, 65],
    )
  })
}

test('a message is read only when it is there as a whole', () => {
  const whole = encodeMessage(TYPE.update, V4)
  for (let length = 0; length < whole.length; length++) {
    assert.equal(readMessage(whole.subarray(0, length)), undefined)
  }
  const two = readMessage(Buffer.concat([whole, encodeMessage(TYPE.keepalive)]))
  assert.ok(two && !('bad' in two))
  assert.deepEqual([two.type, two.length, two.body], [TYPE.update, whole.length, V4])
})

for (const [name, at, value] of [
  ['marker', 3, 0],
  ['length too small', 17, 18],
  ['length too large', 16, 0xff],
] as const) {
  test(`a header with a wrong ${name} is refused`, () => {
    const bytes = encodeMessage(TYPE.keepalive)
    bytes[at] = value
    const message = readMessage(bytes)
    assert.ok(message && 'bad' in message)
  })
}
