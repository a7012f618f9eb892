import assert from 'node:assert/strict'
import { test } from 'node:test'
import { address } from '../net/address.ts'
import { emptyArp, readArp } from './arp.ts'
import { frameOf } from './frame.ts'
import {
  framesOf,
  Gratuitous,
  type GratuitousEvent,
  type GratuitousOptions,
  SLICE_FRAMES,
  writeAnnouncement,
  writeProbe,
} from './gratuitous.ts'
import { emptyNdp, readNdp } from './ndp.ts'
import { AddressTable, bytesOf, type Entry, entryOf, type Link } from './table.ts'

const LINK_LOCAL = bytesOf(address('fe80::1'))
const eth0: Link = { index: 2, name: 'eth0', mac: 0x02000000aa01, arp: true, linkLocal: LINK_LOCAL }
const eth1: Link = { ...eth0, index: 3, name: 'eth1', mac: 0x02000000aa02 }
const entry = (text: string, interfaces: string[] = []): Entry =>
  entryOf({ address: address(text), interfaces, slot: 0, sinceMs: 0 })

interface Sent {
  readonly at: number
  readonly what: string
  readonly frames: number
}

/** Runs it as the worker does: a tick whenever one is due. Time is a number here. */
function run(options: Partial<GratuitousOptions> = {}) {
  const table = new AddressTable()
  const gratuitous = new Gratuitous({ table, refreshEveryMs: 0, ...options })
  const sent: Sent[] = []
  let now = 0
  let nextAt = Number.POSITIVE_INFINITY
  let steps = 0
  const step = (event: GratuitousEvent) => {
    steps += 1
    const { sends, probes, nextAt: next } = gratuitous.step(event, now)
    for (const { entry, link } of probes) {
      sent.push({ at: now, what: `who has ${entry.address.text}@${link.name}`, frames: 1 })
    }
    for (const { entry, link } of sends) {
      sent.push({ at: now, what: `${entry.address.text}@${link.name}`, frames: framesOf(entry) })
    }
    const frames = sends.reduce((sum, send) => sum + framesOf(send.entry), probes.length)
    assert.ok(frames <= SLICE_FRAMES, `${frames} frames in one slice`)
    nextAt = next
  }
  return {
    sent,
    step,
    steps: () => steps,
    put(...entries: Entry[]) {
      for (const one of entries) table.put(one)
      step({ kind: 'put', entries })
    },
    remove(...addresses: string[]) {
      for (const one of addresses) table.remove(one)
      step({ kind: 'removed', addresses })
    },
    link: (link: Link) => step({ kind: 'link', link }),
    until(end: number) {
      while (nextAt <= end) {
        now = Math.max(now, nextAt)
        step({ kind: 'tick' })
      }
      now = end
    },
    /** Time passes and no timer runs. */
    suspend(end: number) {
      now = end
    },
    /** What was sent since the last time it was asked. */
    take: () => sent.splice(0).map(({ at, what }) => `${at} ${what}`),
  }
}
const BURST = [0, 1100, 2200, 3300, 4400]
const burst = (what: string, from = 0) => BURST.map((at) => `${from + at} ${what}`)

test('a new address is announced five times, 1.1 s apart, and then never again', () => {
  const { put, link, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'))
  until(1e6)
  assert.deepEqual(take(), burst('192.0.2.1@eth0'))
})

test('an address told again is nothing new, and neither is another one beside it', () => {
  const { put, link, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'))
  until(50_000)
  take()
  put(entry('192.0.2.1'), entry('192.0.2.2'))
  link(eth0)
  until(100_000)
  assert.deepEqual(take(), burst('192.0.2.2@eth0', 50_000))
})

test('an entry that changed is sent as it is now, so that its new counters count', () => {
  const table = new AddressTable()
  const gratuitous = new Gratuitous({ table })
  const changed = { ...entry('192.0.2.1'), slot: 7 }
  gratuitous.step({ kind: 'link', link: eth0 }, 0)
  gratuitous.step({ kind: 'put', entries: [entry('192.0.2.1')] }, 0)
  gratuitous.step({ kind: 'put', entries: [changed] }, 500)
  assert.deepEqual(gratuitous.step({ kind: 'tick' }, 1100).sends, [{ entry: changed, link: eth0 }])
})

test('announced anew: a whole burst of each address on each interface, once more', () => {
  const { put, link, step, until, take } = run()
  link(eth0)
  link(eth1)
  put(entry('192.0.2.1', ['eth0']), entry('2001:db8::1', ['eth1']))
  until(50_000)
  take()
  step({ kind: 'anew' })
  until(100_000)
  const both = BURST.flatMap((at) => [
    `${50_000 + at} 192.0.2.1@eth0`,
    `${50_000 + at} 2001:db8::1@eth1`,
  ])
  assert.deepEqual(take().sort(), both.sort())
})

test('announced anew while a burst is under way: as many rounds from then on, none faster', () => {
  const { put, link, step, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'))
  for (const at of [100, 1200, 1300, 1400]) {
    until(at)
    step({ kind: 'anew' })
  }
  until(100_000)
  const times = [0, 1, 2, 3, 4, 5, 6].map((round) => round * 1100)
  assert.deepEqual(
    take(),
    times.map((at) => `${at} 192.0.2.1@eth0`),
  )
})

test('announced anew: what went meanwhile is not ours to announce', () => {
  const { put, remove, link, step, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'), entry('192.0.2.2'))
  until(50_000)
  take()
  step({ kind: 'anew' })
  remove('192.0.2.1')
  until(51_000)
  assert.deepEqual(take().sort(), ['50000 192.0.2.1@eth0', '50000 192.0.2.2@eth0'])
  remove('192.0.2.2')
  step({ kind: 'anew' })
  until(100_000)
  assert.deepEqual(take(), [])
})

test('an address that goes is silent at once, and new when it is back', () => {
  const { put, remove, link, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'), entry('192.0.2.2'))
  until(1500)
  take()
  remove('192.0.2.1')
  until(2500)
  assert.deepEqual(take(), ['2200 192.0.2.2@eth0'])
  put(entry('192.0.2.1'))
  assert.deepEqual(take(), ['2500 192.0.2.1@eth0'])
})

test('more interfaces: a burst on the new ones; fewer: silence there', () => {
  const { put, link, until, take } = run()
  link(eth0)
  link(eth1)
  put(entry('192.0.2.1', ['eth0']))
  until(10_000)
  assert.deepEqual(take(), burst('192.0.2.1@eth0'))
  put(entry('192.0.2.1'))
  until(20_000)
  assert.deepEqual(take(), burst('192.0.2.1@eth1', 10_000))
  put(entry('192.0.2.1', ['eth0']))
  put(entry('192.0.2.1', ['eth1']))
  until(20_500)
  put(entry('192.0.2.1', ['eth0']))
  until(30_000)
  assert.deepEqual(take(), ['20000 192.0.2.1@eth1', ...burst('192.0.2.1@eth0', 20_500)])
})

for (const [what, before, after, expected] of [
  ['appears', undefined, eth0, ['192.0.2.1', '2001:db8::1']],
  ['has another hardware address', eth0, { ...eth0, mac: 2 }, ['192.0.2.1', '2001:db8::1']],
  ['gets its link-local address', { ...eth0, linkLocal: undefined }, eth0, ['2001:db8::1']],
  ['begins to take ARP', { ...eth0, arp: false }, eth0, ['192.0.2.1']],
  ['has another name, that an advertisement names', eth0, { ...eth0, name: 'lan' }, ['192.0.2.7']],
  ['is told of again', eth0, { ...eth0 }, []],
] as const) {
  test(`an interface that ${what}`, () => {
    const { put, link, until, take } = run()
    if (before) link(before)
    put(entry('192.0.2.1'), entry('2001:db8::1'), entry('192.0.2.7', ['lan']))
    until(10_000)
    take()
    link(after)
    assert.deepEqual(
      take(),
      expected.map((text) => `10000 ${text}@${after.name}`),
    )
  })
}

test('an interface that goes is silent, and new when it is back', () => {
  const { put, link, step, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'))
  step({ kind: 'link-gone', index: 2 })
  until(10_000)
  assert.deepEqual(take(), ['0 192.0.2.1@eth0'])
  link(eth0)
  until(20_000)
  assert.deepEqual(take(), burst('192.0.2.1@eth0', 10_000))
})

test('a defence is one round at once, and nothing beside a burst', () => {
  const { put, link, step, until, take } = run()
  link(eth0)
  put(entry('192.0.2.1'))
  const defend = { kind: 'defend', address: '192.0.2.1', index: 2 } as const
  step(defend)
  until(10_000)
  assert.deepEqual(take(), burst('192.0.2.1@eth0'))
  step(defend)
  step({ kind: 'defend', address: '192.0.2.99', index: 2 })
  until(20_000)
  assert.deepEqual(take(), ['10000 192.0.2.1@eth0'])
})

test('a question is asked once, beside a burst as well, and only where it is to be asked', () => {
  const { put, link, step, until, take, remove } = run()
  link(eth0)
  link(eth1)
  put(entry('192.0.2.1', ['eth0']))
  take()
  const probe = { kind: 'probe', address: '192.0.2.1', index: 2 } as const
  step(probe)
  step({ ...probe, index: 3 })
  step({ ...probe, index: 4 })
  step({ ...probe, address: '192.0.2.2' })
  assert.deepEqual(take(), ['0 who has 192.0.2.1@eth0'])
  until(10_000)
  assert.equal(take().length, BURST.length - 1)
  step(probe)
  remove('192.0.2.1')
  until(20_000)
  assert.deepEqual(take(), ['10000 who has 192.0.2.1@eth0'])
})

test('questions keep to the budget, and one that is not ours any more is not asked', () => {
  const { put, link, step, until, take, remove } = run({ packetsPerSecond: 10 })
  link(eth0)
  put(entry('192.0.2.1'))
  until(20_000)
  take()
  for (let i = 0; i < 4; i++) put(entry(`192.0.2.${2 + i}`))
  step({ kind: 'probe', address: '192.0.2.1', index: 2 })
  step({ kind: 'probe', address: '192.0.2.2', index: 2 })
  remove('192.0.2.2')
  until(30_000)
  const asked = take().filter((line) => line.includes('who has'))
  assert.equal(asked.length, 1)
  assert.match(asked[0]!, / who has 192\.0\.2\.1@eth0$/)
})

test('a refresh comes once in its period to each, evenly', () => {
  const { put, link, until, sent } = run({ refreshEveryMs: 60_000 })
  link(eth0)
  put(...Array.from({ length: 60 }, (_, i) => entry(`192.0.2.${i}`)))
  until(70_000)
  sent.splice(0)
  until(70_000 + 600_000)
  const ofOne = sent.filter(({ what }) => what === '192.0.2.7@eth0').map(({ at }) => at)
  assert.ok(ofOne.length === 10 || ofOne.length === 9, `${ofOne.length} refreshes in ten periods`)
  for (let i = 1; i < ofOne.length; i++) {
    assert.ok(
      Math.abs(ofOne[i]! - ofOne[i - 1]! - 60_000) <= 100,
      'a period, give or take a wake-up',
    )
  }
  const inSecond = new Map<number, number>()
  for (const { at } of sent) {
    const second = Math.floor(at / 1000)
    inSecond.set(second, (inSecond.get(second) ?? 0) + 1)
  }
  assert.ok(Math.max(...inSecond.values()) <= 2, 'one address per second')
})

test('the first refresh comes a period after the burst', () => {
  const { put, link, until, take } = run({ refreshEveryMs: 60_000 })
  link(eth0)
  until(100_000)
  put(entry('192.0.2.1'))
  until(200_000)
  assert.deepEqual(take(), [...burst('192.0.2.1@eth0', 100_000), '164400 192.0.2.1@eth0'])
})

test('many refreshes are spread over more than a period rather than crowd the LAN', () => {
  const { put, link, until, sent, steps } = run({ refreshEveryMs: 10_000 })
  link(eth0)
  put(...many(5000))
  until(20_000)
  sent.splice(0)
  const before = steps()
  until(70_000)
  assert.equal(new Set(sent.map(({ what }) => what)).size, 5000, 'each had its turn')
  assert.ok(sent.length <= 5010, `${sent.length} refreshes: 200 frames per second`)
  assert.ok(steps() - before <= 510, 'a wake-up sends some of them at a time')
})

test('a machine that slept owes a second of refreshes, and not the hour', () => {
  const { put, link, until, suspend, take } = run({ refreshEveryMs: 60_000 })
  link(eth0)
  put(...many(600))
  until(20_000)
  take()
  suspend(3_600_000)
  until(3_600_000)
  assert.equal(take().length, 10)
})

/** From 198.18.0.0 on. */
const many = (count: number) =>
  Array.from({ length: count }, (_, i) => entry(`198.18.${i >> 8}.${i & 255}`))

test('10,000 addresses on four interfaces: all rounds, within the budget, the first ones first', () => {
  const packetsPerSecond = 20_000
  const { put, link, until, sent } = run({ packetsPerSecond })
  const links = [2, 3, 4, 5].map((index) => ({ ...eth0, index, name: `eth${index}`, mac: index }))
  for (const one of links) link(one)
  put(...many(10_000))
  until(20_000)
  assert.equal(sent.length, 10_000 * links.length * BURST.length)
  for (const { name } of links) {
    const here = sent.filter(({ what }) => what.endsWith(`@${name}`))
    const firstRound = new Set(here.slice(0, 10_000).map(({ what }) => what))
    assert.equal(firstRound.size, 10_000, 'nobody is repeated before all were announced')
    const perSecond = new Map<number, number>()
    for (const { at, frames } of here) {
      const second = Math.floor(at / 1000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + frames)
    }
    const most = Math.max(...perSecond.values())
    assert.ok(most <= packetsPerSecond * 1.05, `${most} frames in a second on ${name}`)
  }
  const last = sent.at(-1)!.at
  assert.ok(last <= 6_500, `over after ${last} ms`)
})

test('on a slow interface a new address waits for no repetition', () => {
  const { put, link, until, sent } = run({ packetsPerSecond: 100 })
  link(eth0)
  // A round of 200 takes four seconds, so the first ones are due again long before the last are told.
  put(...many(200))
  until(2_000)
  put(entry('192.0.2.1'))
  until(10_000)
  const firsts = sent.slice(0, 201).map(({ what }) => what)
  assert.equal(new Set(firsts).size, 201)
  assert.equal(firsts.at(-1), '192.0.2.1@eth0')
})

test('interfaces take turns: a long burst on one does not hold up another', () => {
  const { put, link, until, sent } = run({ packetsPerSecond: 1e6 })
  link(eth0)
  link(eth1)
  put(...many(1000))
  until(0)
  const half = new Set(sent.slice(0, 1000).map(({ what }) => what.split('@')[1]))
  assert.equal(sent.length, 2000)
  assert.deepEqual([...half].sort(), ['eth0', 'eth1'])
})

test('ARP is told as a request, then as a reply', () => {
  const send = { entry: entry('192.0.2.1'), link: eth0 }
  const bytes = new Uint8Array(100)
  const operations = [0, 1].map((nth) => {
    const packet = emptyArp()
    const length = writeAnnouncement(bytes, 3, send, nth)
    assert.equal(readArp({ ...frameOf(bytes), at: 3, length }, packet), 0)
    assert.deepEqual([packet.senderMac, packet.senderAddress], [eth0.mac, 0xc0000201])
    return packet.operation
  })
  assert.deepEqual([operations, framesOf(send.entry)], [[1, 2], 2])
})

test('a question says nothing of who asks', () => {
  const bytes = new Uint8Array(100)
  const arp = emptyArp()
  const v4 = { entry: entry('192.0.2.1'), link: eth0 }
  assert.equal(readArp({ ...frameOf(bytes), length: writeProbe(bytes, 0, v4) }, arp), 0)
  assert.deepEqual(
    [arp.operation, arp.senderMac, arp.senderAddress, arp.targetAddress, arp.destination],
    [1, eth0.mac, 0, 0xc0000201, 0xffff_ffff_ffff],
  )
  const ndp = emptyNdp()
  const v6 = { entry: entry('2001:db8::12:3456'), link: eth0 }
  assert.equal(readNdp({ ...frameOf(bytes), length: writeProbe(bytes, 0, v6) }, ndp), 0)
  assert.deepEqual([ndp.target, ndp.from, ndp.linkLayer], [v6.entry.bytes, new Uint8Array(16), 0])
  assert.deepEqual(
    [ndp.to, ndp.destination],
    [bytesOf(address('ff02::1:ff12:3456')), 0x3333ff123456],
  )
  assert.equal(writeProbe(bytes, 0, { ...v6, link: { ...eth0, linkLocal: undefined } }), 0)
})

test('NDP is told once, and not from an interface that lost its address', () => {
  const send = { entry: entry('2001:db8::1'), link: eth0 }
  const bytes = new Uint8Array(100)
  const packet = emptyNdp()
  const length = writeAnnouncement(bytes, 0, send, 0)
  assert.equal(readNdp({ ...frameOf(bytes), length }, packet), 0)
  assert.deepEqual(
    [packet.target, packet.linkLayer, packet.flags],
    [send.entry.bytes, eth0.mac, 0x20],
  )
  assert.equal(framesOf(send.entry), 1)
  assert.equal(
    writeAnnouncement(bytes, 0, { ...send, link: { ...eth0, linkLocal: undefined } }, 0),
    0,
  )
})
