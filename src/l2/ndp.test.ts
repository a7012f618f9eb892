import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CAPTURED } from '../../test/support/captured-frames.ts'
import { address } from '../net/address.ts'
import { DROP, DROP_NAMES } from './drops.ts'
import { frameOf } from './frame.ts'
import {
  ADVERTISEMENT,
  emptyNdp,
  type NdpPacket,
  readNdp,
  SOLICITATION,
  solicitedNodeGroup,
  writeNdp,
  writeUnsolicitedAdvertisement,
} from './ndp.ts'
import { bytesOf } from './table.ts'

const X = 0x020000000a01
const Y = 0x020000000a02
const ip = (text: string) => bytesOf(address(text))

function read(bytes: Uint8Array): NdpPacket | string {
  const into = emptyNdp()
  const drop = readNdp(frameOf(bytes), into)
  return drop === DROP.answered ? into : DROP_NAMES[drop]!
}

function write(packet: NdpPacket): Uint8Array {
  const bytes = new Uint8Array(100).fill(0xaa)
  return bytes.slice(0, writeNdp(bytes, 0, packet))
}

/** With a right checksum, so that only what the test broke is broken. */
function altered(frame: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = frame.slice()
  change(bytes)
  bytes.fill(0, 56, 58)
  // The plainest way to compute it, on purpose another than that of ndp.ts.
  let sum = ((bytes[18]! << 8) | bytes[19]!) + 58
  const covered = [...bytes.subarray(22), 0]
  for (let i = 0; i + 1 < covered.length; i += 2) sum += covered[i]! * 256 + covered[i + 1]!
  const folded = 0xffff - (sum % 0xffff)
  bytes.set([folded >> 8, folded & 255], 56)
  return bytes
}
const solicitation = (change: (bytes: Uint8Array) => void) => altered(CAPTURED.solicitation, change)

const unicastMac = fc.integer({ min: 0, max: 0xffffffffff }).map((low) => 0x02 * 2 ** 40 + low)
const unicast = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from([0x20, ...bytes.subarray(1)]))
const packet = fc
  .record(
    {
      destination: unicastMac,
      source: unicastMac,
      from: unicast,
      to: unicast,
      type: fc.constantFrom(SOLICITATION, ADVERTISEMENT),
      flags: fc.constantFrom(0, 0x20, 0x40, 0x60, 0x80, 0xe0),
      target: unicast,
      linkLayer: fc.oneof(fc.constant(0), unicastMac),
    },
    { noNullPrototype: true },
  )
  .map((made) => (made.type === SOLICITATION ? { ...made, flags: 0 } : made))

test('a packet survives its bytes, wherever in a buffer they stand', () => {
  fc.assert(
    fc.property(packet, fc.integer({ min: 0, max: 100 }), (written, at) => {
      const bytes = new Uint8Array(200).fill(0xaa)
      const length = writeNdp(bytes, at, written)
      const again = emptyNdp()
      assert.equal(readNdp({ ...frameOf(bytes), at, length }, again), DROP.answered)
      assert.deepEqual(again, written)
      assert.ok(bytes.subarray(at + length).every((byte) => byte === 0xaa))
    }),
  )
})

for (const [name, expected] of [
  [
    'solicitation',
    {
      destination: 0x3333ff000002,
      source: X,
      from: ip('2001:db8::1'),
      to: ip('ff02::1:ff00:2'),
      type: SOLICITATION,
      flags: 0,
      target: ip('2001:db8::2'),
      linkLayer: X,
    },
  ],
  [
    'advertisement',
    {
      destination: X,
      source: Y,
      from: ip('2001:db8::2'),
      to: ip('2001:db8::1'),
      type: ADVERTISEMENT,
      // The captured neighbour is a host and was asked by multicast: S and O.
      flags: 0x60,
      target: ip('2001:db8::2'),
      linkLayer: Y,
    },
  ],
  [
    'bareAdvertisement',
    {
      destination: Y,
      source: X,
      from: ip('fe80::ff:fe00:a01'),
      to: ip('fe80::ff:fe00:a02'),
      type: ADVERTISEMENT,
      flags: 0x40,
      target: ip('fe80::ff:fe00:a01'),
      linkLayer: 0,
    },
  ],
] as const) {
  test(`${name} of Linux, read and written again`, () => {
    assert.deepEqual(read(CAPTURED[name]), expected)
    assert.deepEqual(write(expected), CAPTURED[name])
  })
}

test('a duplicate address detection: from nobody, its nonce (RFC 7527) is no link-layer address', () => {
  const asked = read(CAPTURED.duplicateDetection) as NdpPacket
  assert.deepEqual([asked.from, asked.linkLayer], [ip('::'), 0])
  assert.deepEqual(asked.target, ip('2001:db8::2'))
})

test('what Linux advertises unasked is what we do, but that we override', () => {
  const bytes = new Uint8Array(86)
  writeUnsolicitedAdvertisement(bytes, 0, { mac: Y, target: ip('2001:db8::2') })
  const theirs = altered(CAPTURED.unsolicitedAdvertisement, (copy) => {
    copy[58] = 0x20
  })
  assert.deepEqual(bytes, theirs)
})

test('the group that hears solicitations', () => {
  assert.deepEqual(solicitedNodeGroup(ip('2001:db8::1:203:405')), ip('ff02::1:ff03:405'))
})

test('a frame that ends early is too short, at every length', () => {
  for (let length = 0; length < 86; length++) {
    assert.equal(read(CAPTURED.solicitation.slice(0, length)), 'too-short', `${length} bytes`)
  }
})

for (const [what, bytes, reason] of [
  [
    'a router solicitation',
    new Uint8Array([...CAPTURED.routerSolicitation, ...new Uint8Array(8)]),
    'other-protocol',
  ],
  ['an echo request', CAPTURED.echoRequest, 'other-protocol'],
  ['another EtherType', solicitation((b) => b.fill(8, 12, 13)), 'other-protocol'],
  ['IP version 4', solicitation((b) => b.fill(0x45, 14, 15)), 'other-protocol'],
  ['an extension header', solicitation((b) => b.fill(0, 20, 21)), 'other-protocol'],
  ['a code', solicitation((b) => b.fill(1, 55, 56)), 'other-protocol'],
  ['from behind a router', solicitation((b) => b.fill(254, 21, 22)), 'hop-limit'],
  ['a wrong checksum', CAPTURED.solicitation.with(85, 9), 'checksum'],
  ['a payload shorter than the message', solicitation((b) => b.fill(23, 19, 20)), 'too-short'],
  ['a payload longer than the frame', solicitation((b) => b.fill(33, 19, 20)), 'too-short'],
  ['an option of length zero', solicitation((b) => b.fill(0, 79, 80)), 'option'],
  ['an option past the end', solicitation((b) => b.fill(2, 79, 80)), 'option'],
  ['a group as link-layer address', solicitation((b) => b.fill(1, 80, 81)), 'bad-address'],
  ['a group as target', solicitation((b) => b.fill(0xff, 62, 63)), 'bad-address'],
  ['a group as source', solicitation((b) => b.fill(0xff, 22, 23)), 'bad-address'],
  [
    'from nobody, with its link-layer address',
    solicitation((b) => b.fill(0, 22, 38)),
    'bad-address',
  ],
  [
    'from nobody, to one station',
    altered(CAPTURED.duplicateDetection, (b) => b.set(ip('2001:db8::2'), 38)),
    'bad-address',
  ],
  [
    'solicited, and to all',
    altered(CAPTURED.unsolicitedAdvertisement, (b) => b.fill(0x40, 58, 59)),
    'bad-address',
  ],
] as const) {
  test(`${what}: ${reason}`, () => assert.equal(read(bytes), reason))
}

test('a half option at the end is refused, with an odd number of bytes too', () => {
  const bytes = altered(new Uint8Array([...CAPTURED.solicitation, 1]), (copy) =>
    copy.fill(33, 19, 20),
  )
  assert.equal(read(bytes), 'option')
})

test('unknown options are passed over, and the padding of a short frame is none', () => {
  const bytes = altered(
    new Uint8Array([...CAPTURED.solicitation, 253, 1, 1, 2, 3, 4, 5, 6]),
    (copy) => copy.fill(40, 19, 20),
  )
  assert.equal((read(bytes) as NdpPacket).linkLayer, X)
  const padded = new Uint8Array([...CAPTURED.bareAdvertisement, 0, 0, 0, 0])
  assert.equal((read(padded) as NdpPacket).target.length, 16)
})

test('garbage has a reason and does not throw, also where the checksum is right', () => {
  const damage = fc.array(
    fc.tuple(fc.integer({ min: 54, max: 85 }), fc.integer({ min: 0, max: 255 })),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), damage, (bytes, changes) => {
      assert.ok(typeof read(bytes) === 'string')
      const damaged = solicitation((copy) => {
        for (const [at, value] of changes) copy[at] = value
      })
      assert.notEqual(read(damaged), 'checksum')
    }),
  )
})
