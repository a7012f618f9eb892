import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeGratuitousArp } from './arp.ts'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST } from './frame.ts'
import { ADVERTISEMENT, emptyNdp, SOLICITATION, writeNdp } from './ndp.ts'
import { ARP_FILTER, encodeFilter, type Instruction, NDP_FILTER } from './packet-filter.ts'

interface Packet {
  readonly bytes: Uint8Array
  readonly type: number
}

/** What the kernel would do: how many bytes come in, and after how many instructions. */
function run(program: readonly Instruction[], { bytes, type }: Packet) {
  let accumulator = 0
  let steps = 0
  for (let at = 0; ; steps++) {
    const { code, jumpTrue, jumpFalse, value } = program[at]!
    at += 1
    if (code === 0x06) return { accepted: value, steps: steps + 1 }
    if (code === 0x15) at += accumulator === value ? jumpTrue : jumpFalse
    else if (code === 0x25) at += accumulator > value ? jumpTrue : jumpFalse
    else if (value === 0xffff_f004) accumulator = type
    else {
      const size = { 48: 1, 40: 2, 32: 4 }[code]
      assert.ok(size, `no instruction ${code}`)
      // A load past the end rejects the packet.
      if (value + size > bytes.length) return { accepted: 0, steps: steps + 1 }
      accumulator = Buffer.from(bytes).readUIntBE(value, size)
    }
  }
}

function arp(operation: number, change: readonly [at: number, value: number] = [0, 0xff]) {
  const bytes = new Uint8Array(60)
  writeGratuitousArp(bytes, 0, { mac: 0x0200_0000_0001, address: 0x0a00_0001, operation })
  bytes[change[0]] = change[1]
  return bytes
}

for (const [name, bytes, type, accepted] of [
  ['a request to all', arp(1), PACKET_BROADCAST, 64],
  ['a request to us', arp(1), PACKET_HOST, 64],
  ['a reply to us', arp(2), PACKET_HOST, 64],
  ['an announcement as a reply to all', arp(2), PACKET_BROADCAST, 64],
  ['a request to another host, or of a VLAN without interface', arp(1), PACKET_OTHERHOST, 0],
  ['a request to a multicast group', arp(1), PACKET_MULTICAST, 0],
  ['RARP', arp(3), PACKET_BROADCAST, 0],
  ['not over Ethernet', arp(1, [15, 6]), PACKET_BROADCAST, 0],
  ['not for IPv4', arp(1, [16, 9]), PACKET_BROADCAST, 0],
  ['hardware addresses of eight bytes', arp(1, [18, 8]), PACKET_BROADCAST, 0],
  ['cut off', arp(1).slice(0, 20), PACKET_BROADCAST, 0],
] as const) {
  test(`ARP that comes in, or not: ${name}`, () => {
    assert.equal(run(ARP_FILTER, { bytes, type }).accepted, accepted)
  })
}

function ndp(type: number, change: readonly [at: number, value: number] = [14, 0x60]) {
  const bytes = new Uint8Array(86)
  writeNdp(bytes, 0, { ...emptyNdp(), type, linkLayer: 0x0200_0000_0001 })
  bytes[change[0]] = change[1]
  return bytes
}

for (const [name, bytes, type, accepted] of [
  ['a solicitation to a group', ndp(SOLICITATION), PACKET_MULTICAST, 256],
  ['a solicitation to us', ndp(SOLICITATION), PACKET_HOST, 256],
  ['an advertisement to all nodes', ndp(ADVERTISEMENT), PACKET_MULTICAST, 256],
  ['to another host', ndp(SOLICITATION), PACKET_OTHERHOST, 0],
  ['looped back', ndp(SOLICITATION), 5, 0],
  ['a router advertisement', ndp(134), PACKET_MULTICAST, 0],
  ['with a code', ndp(SOLICITATION, [55, 1]), PACKET_MULTICAST, 0],
  ['from behind a router', ndp(SOLICITATION, [21, 254]), PACKET_MULTICAST, 0],
  ['TCP', ndp(SOLICITATION, [20, 6]), PACKET_HOST, 0],
  ['cut off', ndp(SOLICITATION).slice(0, 54), PACKET_HOST, 0],
] as const) {
  test(`NDP that comes in, or not: ${name}`, () => {
    assert.equal(run(NDP_FILTER, { bytes, type }).accepted, accepted)
  })
}

test('the IPv6 traffic of a node leaves the filter at once', () => {
  const { steps } = run(NDP_FILTER, { bytes: ndp(SOLICITATION, [20, 17]), type: PACKET_HOST })
  assert.equal(steps, 3, 'load, compare, return')
})

test('every jump ends inside the program, as the kernel demands', () => {
  for (const program of [ARP_FILTER, NDP_FILTER]) {
    for (const [at, { jumpTrue, jumpFalse }] of program.entries()) {
      assert.ok(
        at + 1 + Math.max(jumpTrue, jumpFalse) <=
          program.length - (at < program.length - 1 ? 1 : 0),
      )
    }
  }
})

test('encoded as the kernel reads it', () => {
  const bytes = encodeFilter([{ code: 0x15, jumpTrue: 1, jumpFalse: 2, value: 0xffff_f004 }])
  assert.deepEqual([...bytes], [0x15, 0, 1, 2, 0x04, 0xf0, 0xff, 0xff])
})
