import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CAPTURED } from '../../test/support/captured-frames.ts'
import { address } from '../net/address.ts'
import { Answerer, type Outcome, REPLY_MAX_BYTES } from './answer.ts'
import { type ArpPacket, emptyArp, readArp, writeArp } from './arp.ts'
import { DROP, DROP_NAMES } from './drops.ts'
import { frameOf } from './frame.ts'
import { ALL_NODES, emptyNdp, type NdpPacket, readNdp, writeNdp } from './ndp.ts'
import { AddressTable, bytesOf, entryOf, type Link } from './table.ts'

const OURS = 0x02000000aa01
const OURS_2 = 0x02000000aa02
const CLIENT = 0x020000000a01
const RIVAL = 0x020000000bad
const ip = (text: string) => bytesOf(address(text))
const u32 = (text: string) => Number(address(text).bits)
const LINK_LOCAL = ip('fe80::aa01')

const eth0: Link = { index: 2, name: 'eth0', mac: OURS, arp: true, linkLocal: LINK_LOCAL }
const eth1: Link = { ...eth0, index: 3, name: 'eth1', mac: OURS_2 }
const links = new Map(
  [eth0, eth1, { ...eth0, index: 4, name: 'p2p', arp: false, linkLocal: undefined }].map((link) => [
    link.index,
    link,
  ]),
)
const table = new AddressTable()
for (const [text, interfaces] of [
  ['192.0.2.2', []],
  ['192.0.2.9', ['eth1']],
  ['2001:db8::2', []],
  ['2001:db8::9', ['eth1']],
] as const) {
  table.put(entryOf({ address: address(text), interfaces, slot: 0, sinceMs: 0 }))
}
const answerer = new Answerer({ table, links, ownMacs: new Set([OURS, OURS_2]) })

const tx = new Uint8Array(200)
interface From {
  readonly index?: number
  readonly packetType?: number
}
const told = ({ length, drop, asked, claimed, claimant }: Outcome) => ({
  reply: length,
  drop: DROP_NAMES[drop],
  asked: asked?.address.text,
  claimed: claimed && `${claimed.address.text} ${claimant.toString(16)}`,
})
const dropped = (drop: string) => ({ reply: 0, drop, asked: undefined, claimed: undefined })

function hearArp(bytes: Uint8Array, { index = 2, packetType = 1 }: From = {}) {
  const outcome = told(answerer.arp(frameOf(bytes, index, packetType), { bytes: tx, at: 7 }))
  const reply = emptyArp()
  if (outcome.reply > 0) assert.equal(readArp({ ...frameOf(tx), at: 7, length: 60 }, reply), 0)
  return { outcome, reply }
}
function hearNdp(bytes: Uint8Array, { index = 2, packetType = 2 }: From = {}) {
  const outcome = told(answerer.ndp(frameOf(bytes, index, packetType), { bytes: tx, at: 7 }))
  const reply = emptyNdp()
  if (outcome.reply > 0) {
    assert.equal(readNdp({ ...frameOf(tx), at: 7, length: outcome.reply }, reply), DROP.answered)
  }
  return { outcome, reply }
}

const REQUEST: ArpPacket = {
  destination: 0xffffffffffff,
  source: CLIENT,
  operation: 1,
  senderMac: CLIENT,
  senderAddress: u32('192.0.2.1'),
  targetMac: 0,
  targetAddress: u32('192.0.2.2'),
}
function arp(changes: Partial<ArpPacket>): Uint8Array {
  const bytes = new Uint8Array(60)
  writeArp(bytes, 0, { ...REQUEST, ...changes })
  return bytes
}
const SOLICITATION: NdpPacket = {
  destination: 0x3333ff000002,
  source: CLIENT,
  from: ip('2001:db8::1'),
  to: ip('ff02::1:ff00:2'),
  type: 135,
  flags: 0,
  target: ip('2001:db8::2'),
  linkLayer: CLIENT,
}
function ndp(changes: Partial<NdpPacket>): Uint8Array {
  const bytes = new Uint8Array(86)
  return bytes.slice(0, writeNdp(bytes, 0, { ...SOLICITATION, ...changes }))
}

test('a request of Linux gets a reply to its sender', () => {
  const { outcome, reply } = hearArp(CAPTURED.arpRequest)
  assert.deepEqual(outcome, { reply: 60, drop: 'answered', asked: '192.0.2.2', claimed: undefined })
  assert.deepEqual(reply, {
    destination: CLIENT,
    source: OURS,
    operation: 2,
    senderMac: OURS,
    senderAddress: u32('192.0.2.2'),
    targetMac: CLIENT,
    targetAddress: u32('192.0.2.1'),
  })
})

test('a reply goes to the sender of the payload, whoever forwarded the frame', () => {
  assert.equal(hearArp(arp({ source: 0x02000000cafe })).reply.destination, CLIENT)
})

test('a probe from 0.0.0.0 is answered, or its sender would take the address', () => {
  const { outcome, reply } = hearArp(arp({ senderAddress: 0 }))
  assert.equal(outcome.drop, 'answered')
  assert.deepEqual([reply.targetMac, reply.targetAddress], [CLIENT, 0])
})

test('the reply names the interface it was asked on', () => {
  const { reply } = hearArp(arp({ targetAddress: u32('192.0.2.9') }), { index: 3 })
  assert.deepEqual([reply.source, reply.senderMac], [OURS_2, OURS_2])
})

for (const [what, bytes, from, drop] of [
  ['a reply to somebody', CAPTURED.arpReply, { index: 3, packetType: 3 }, 'other-host'],
  ['a reply about nothing of ours', arp({ operation: 2 }), {}, 'not-a-question'],
  ['another operation', arp({ operation: 8 }), {}, 'not-a-question'],
  ['another address', arp({ targetAddress: u32('192.0.2.3') }), {}, 'not-ours'],
  ['another interface', arp({ targetAddress: u32('192.0.2.9') }), {}, 'other-interface'],
  ['our own hardware address', arp({ senderMac: OURS }), {}, 'own'],
  ['that of another interface of ours', arp({ senderMac: OURS_2 }), {}, 'own'],
  ['what we sent', arp({}), { packetType: 4 }, 'own'],
  ['to another station', arp({}), { packetType: 3 }, 'other-host'],
  ['to a group', arp({}), { packetType: 2 }, 'bad-address'],
  ['a group as sender', arp({ senderMac: 0xffffffffffff }), {}, 'bad-address'],
  ['nobody as sender', arp({ senderMac: 0 }), {}, 'bad-address'],
  ['an interface that is not for ARP', arp({}), { index: 4 }, 'silent-interface'],
  ['an interface we do not know', arp({}), { index: 99 }, 'silent-interface'],
  ['a short frame', arp({}).slice(0, 41), {}, 'too-short'],
  ['no ARP', ndp({}), {}, 'other-protocol'],
] as const) {
  test(`ARP without an answer: ${what}`, () => {
    assert.deepEqual(hearArp(bytes, from).outcome, dropped(drop))
  })
}

const mine = '192.0.2.2 20000000bad'
const rival = { source: RIVAL, senderMac: RIVAL, senderAddress: u32('192.0.2.2') }
for (const [what, changes, from, drop, claimed] of [
  ['announced by a reply', { ...rival, operation: 2 }, {}, 'claimed', mine],
  // As Linux does: also who asks for itself hears that somebody has it.
  ['announced by a request', rival, {}, 'answered', mine],
  ['used in a question to another', { ...rival, targetAddress: 1 }, {}, 'claimed', mine],
  [
    'announced where we do not',
    { ...rival, senderAddress: u32('192.0.2.9'), operation: 2 },
    {},
    'not-a-question',
    undefined,
  ],
  [
    'announced by ourselves, heard on the other interface',
    { ...rival, senderMac: OURS, operation: 2 },
    { index: 3 },
    'own',
    undefined,
  ],
] as const) {
  test(`our address ${what}: ${claimed ? 'a claim' : 'no claim'}`, () => {
    const { outcome } = hearArp(arp(changes), from)
    assert.deepEqual([outcome.drop, outcome.claimed], [drop, claimed])
  })
}

test('a solicitation of Linux gets an advertisement, solicited and without override', () => {
  const { outcome, reply } = hearNdp(CAPTURED.solicitation)
  assert.deepEqual(outcome, {
    reply: 86,
    drop: 'answered',
    asked: '2001:db8::2',
    claimed: undefined,
  })
  assert.deepEqual(reply, {
    destination: CLIENT,
    source: OURS,
    from: ip('2001:db8::2'),
    to: ip('2001:db8::1'),
    type: 136,
    flags: 0x40,
    target: ip('2001:db8::2'),
    linkLayer: OURS,
  })
})

test('a duplicate address detection of Linux is told to all nodes, so that it fails', () => {
  const { outcome, reply } = hearNdp(CAPTURED.duplicateDetection)
  assert.equal(outcome.drop, 'answered')
  assert.deepEqual([reply.destination, reply.to], [0x333300000001, ALL_NODES])
  assert.deepEqual([reply.flags, reply.from, reply.linkLayer], [0x20, ip('2001:db8::2'), OURS])
})

test('a probe to the address itself, without its own link-layer address, is answered', () => {
  const probe = ndp({ destination: OURS, to: ip('2001:db8::2'), linkLayer: 0 })
  const { outcome, reply } = hearNdp(probe, { packetType: 0 })
  assert.equal(outcome.drop, 'answered')
  assert.deepEqual([reply.destination, reply.flags], [CLIENT, 0x40])
})

test('an advertisement goes to the link-layer address that the solicitation names', () => {
  assert.equal(hearNdp(ndp({ source: 0x02000000cafe })).reply.destination, CLIENT)
})

for (const [what, bytes, from, drop] of [
  ['another address', ndp({ target: ip('2001:db8::3') }), {}, 'not-ours'],
  ['another interface', ndp({ target: ip('2001:db8::9') }), {}, 'other-interface'],
  [
    'an advertisement about nothing of ours',
    ndp({ type: 136, target: ip('2001:db8::3') }),
    {},
    'not-a-question',
  ],
  ['our own hardware address', ndp({ source: OURS_2 }), {}, 'own'],
  ['what we sent', ndp({}), { packetType: 4 }, 'own'],
  ['to another station', ndp({}), { packetType: 3 }, 'other-host'],
  ['a group as sender', ndp({ source: 0x333300000001 }), {}, 'bad-address'],
  ['an interface without a link-local address', ndp({}), { index: 4 }, 'silent-interface'],
  ['an interface we do not know', ndp({}), { index: 99 }, 'silent-interface'],
  ['a wrong checksum', ndp({}).with(85, 0), {}, 'checksum'],
  ['another message', CAPTURED.echoRequest, {}, 'other-protocol'],
] as const) {
  test(`NDP without an answer: ${what}`, () => {
    assert.deepEqual(hearNdp(bytes, from).outcome, dropped(drop))
  })
}

const theirs = '2001:db8::2 20000000bad'
for (const [what, changes, drop, claimed] of [
  ['advertised', { type: 136, source: RIVAL, linkLayer: RIVAL }, 'claimed', theirs],
  ['advertised without an option', { type: 136, source: RIVAL, linkLayer: 0 }, 'claimed', theirs],
  ['advertised for another station', { type: 136, linkLayer: RIVAL }, 'claimed', theirs],
  [
    'advertised with our own hardware address',
    { type: 136, linkLayer: OURS },
    'not-a-question',
    undefined,
  ],
  [
    'advertised where we do not',
    { type: 136, target: ip('2001:db8::9') },
    'not-a-question',
    undefined,
  ],
  [
    'the source of a question to another',
    { source: RIVAL, from: ip('2001:db8::2'), target: ip('2001:db8::3') },
    'claimed',
    theirs,
  ],
  [
    'wanted by somebody who asks first',
    { from: ip('::'), source: RIVAL, linkLayer: 0 },
    'answered',
    undefined,
  ],
] as const) {
  test(`our address ${what}: ${claimed ? 'a claim' : 'no claim'}`, () => {
    const { outcome } = hearNdp(ndp(changes))
    assert.deepEqual([outcome.drop, outcome.claimed], [drop, claimed])
  })
}

test('whatever comes in, what goes out fits its place and answers for an address of ours', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc
      .tuple(
        fc.constantFrom(...Object.values(CAPTURED)),
        fc.array(fc.tuple(fc.nat(85), fc.nat(255)), { maxLength: 4 }),
      )
      .map(([frame, changes]) => {
        const bytes = frame.slice()
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        return bytes
      }),
  )
  fc.assert(
    fc.property(garbage, fc.nat(5), fc.nat(5), (bytes, index, packetType) => {
      for (const hear of ['arp', 'ndp'] as const) {
        tx.fill(0xaa)
        const outcome = answerer[hear](frameOf(bytes, index, packetType), { bytes: tx, at: 7 })
        assert.equal(outcome.length > 0, outcome.drop === DROP.answered)
        assert.equal(outcome.length > 0, outcome.asked !== undefined)
        assert.ok(outcome.length <= REPLY_MAX_BYTES)
        assert.ok(DROP_NAMES[outcome.drop] !== undefined)
        const rest = [...tx.subarray(0, 7), ...tx.subarray(7 + outcome.length)]
        assert.ok(rest.every((byte) => byte === 0xaa))
      }
    }),
  )
})

test('the numbers of the reasons are places in an array', () => {
  assert.deepEqual(
    DROP_NAMES.map((name) => DROP[name]),
    DROP_NAMES.map((_, i) => i),
  )
})
