import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseMac } from './mac.ts'
import { decodeRoute, encodeDump } from './rtnetlink.ts'

const CAPTURED = JSON.parse(
  readFileSync(join(import.meta.dirname, 'captured-dumps.json'), 'utf8'),
) as Record<'links' | 'addresses', string[]>
const bytesOf = (what: 'links' | 'addresses') =>
  Uint8Array.from(Buffer.concat(CAPTURED[what].map((text) => Buffer.from(text, 'base64'))))

test('links, as the kernel lists them', () => {
  const common = { kind: 'link', master: undefined, masterKind: undefined }
  assert.deepEqual(decodeRoute(bytesOf('links')), [
    { ...common, index: 1, name: 'lo', flags: 0x8, mac: 0 },
    { ...common, index: 2, name: 'br0', flags: 0x1002, mac: parseMac('02:00:00:00:00:01') },
    { ...common, index: 3, name: 'eth1', flags: 0x1_1043, mac: parseMac('02:00:00:00:00:02') },
    {
      ...{ kind: 'link', index: 4, name: 'eth0', flags: 0x1_1043 },
      ...{ mac: parseMac('02:00:00:00:00:01'), master: 2, masterKind: 'bridge' },
    },
    { kind: 'done', sequence: 7, isTorn: false },
  ])
})

test('IPv6 addresses, as the kernel lists them', () => {
  const linkLocal = (last: number) =>
    Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, last)
  assert.deepEqual(decodeRoute(bytesOf('addresses')), [
    { kind: 'address', index: 3, flags: 0xc0, address: linkLocal(2) },
    { kind: 'address', index: 4, flags: 0xc0, address: linkLocal(1) },
    { kind: 'done', sequence: 7, isTorn: false },
  ])
})

test('what is cut off anywhere gives the messages before it, and never throws', () => {
  for (const what of ['links', 'addresses'] as const) {
    const bytes = bytesOf(what)
    const whole = decodeRoute(bytes)
    for (let length = 0; length < bytes.length; length++) {
      const some = decodeRoute(bytes.slice(0, length))
      assert.deepEqual(some, whole.slice(0, some.length))
      assert.ok(some.length < whole.length)
    }
  }
})

test('lengths that lie are not followed', () => {
  const bytes = bytesOf('links')
  for (let at = 0; at < bytes.length; at += 2) {
    for (const lie of [0, 1, 0xffff]) {
      const forged = Uint8Array.from(bytes)
      new DataView(forged.buffer).setUint16(at, lie, true)
      assert.ok(decodeRoute(forged).length <= 5)
    }
  }
})

/** A message with nothing but its header and the start of a body. */
function message(type: number, body: readonly number[], flags = 0): Uint8Array {
  const bytes = new Uint8Array(16 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, 3, true)
  bytes.set(body, 16)
  return bytes
}

const FOUR = [4, 0, 0, 0]
const PADDING = [0, 0, 0, 0, 0, 0, 0, 0]
for (const [name, bytes, expected] of [
  [
    'a link is gone',
    message(17, [0, 0, 1, 0, ...FOUR, ...PADDING]),
    { kind: 'link-gone', index: 4 },
  ],
  ['a port has left its bridge', message(17, [7, 0, 1, 0, ...FOUR, ...PADDING]), undefined],
  ['a dump that was torn', message(3, FOUR, 0x12), { kind: 'done', sequence: 3, isTorn: true }],
  ['a refusal', message(2, [0xff, 0xff, 0xff, 0xff]), { kind: 'error', sequence: 3, errno: 1 }],
  ['a route', message(24, [10, 0, 0, 0, ...PADDING]), undefined],
] as const) {
  test(`a message alone: ${name}`, () => {
    assert.deepEqual(decodeRoute(bytes), expected ? [expected] : [])
  })
}

test('a dump asks for everything of its kind', () => {
  const links = Buffer.from(encodeDump('links', 5)).toString('hex')
  assert.equal(links, `28000000120001030500000000000000${'00'.repeat(16)}08001d0008000000`)
  const addresses = Buffer.from(encodeDump('addresses', 6)).toString('hex')
  assert.equal(addresses, '180000001600010306000000000000000a00000000000000')
})
