// The fast detector: finds within a second that a node is gone, and says so in the protocol's own words.
// It never has an opinion of its own about who is a member: it only speaks sooner, to everybody.
//
//   each 200 ms   a ping to each watched member          (watch.ts says whom)
//   2 misses      others are asked, once, for 350 ms
//   3, no answer  dead{incarnation, node}, to all; a dead message acts at once on one member's word
//
// So a node has been silent for 750 to 950 ms, by when in the pause between two pings it went. To ask only
// after the third miss would be the same evidence, one ping later.
//
// That power is why it holds back: from whom nobody ever heard, who answers others, who has just
// refuted, and everybody when more than half look lost at once, for then it is our own link. A lone peer
// is the exception: there is nobody to compare with, and both must go on without the other.
import type { Endpoint } from './event.ts'
import { sameEndpoint } from './event.ts'
import { tellAll } from './gossip.ts'
import type { Dead, IndirectPing, Ping } from './message.ts'
import { type Entry, isMember, nextSeqNo, note, ownSource, pick, type Ring } from './ring.ts'
import { applyDead, suspectOf } from './rules.ts'
import type { Timing } from './timing.ts'
import { chooseWatched, type Detector, type Watch } from './watch.ts'

const MISSES_TO_ASK = 2
const MISSES = 3
const ASKED_KEPT = 4
const HELPERS = 3
/** What looks down within this is one event. */
const AT_ONCE_MS = 1_000

/** 200 ms and 350 ms in a LAN; where answers may take seconds, in proportion. */
export const fastPingMs = ({ probeTimeoutMs }: Timing): number => 0.4 * probeTimeoutMs
const inquiryMs = ({ probeTimeoutMs }: Timing): number => 0.7 * probeTimeoutMs

export function startDetector({ random, timing, detector }: Ring, now: number): void {
  if (detector) detector.at = now + random() * fastPingMs(timing)
}

export function nextDetectionAt({ detector }: Ring): number {
  let at = detector?.at ?? Number.POSITIVE_INFINITY
  for (const { inquiry } of detector?.watched ?? []) at = Math.min(at, inquiry?.until ?? at)
  return at
}

export function runDetector(ring: Ring, now: number): void {
  const { detector, timing } = ring
  if (!detector) return
  for (const watch of detector.watched)
    if (watch.inquiry) concludeInquiry(ring, detector, watch, now)
  if (now < detector.at) return
  const missed = Math.floor((now - detector.at) / fastPingMs(timing))
  detector.at += (missed + 1) * fastPingMs(timing)
  if (detector.isStale) chooseWatched(ring, detector)
  for (const watch of detector.watched) if (watch.isOpen) watch.misses++
  for (const watch of detector.watched) look(ring, detector, watch, now)
}

function look(ring: Ring, detector: Detector, watch: Watch, now: number): void {
  const entry = ring.table.get(watch.name)
  if (!entry || !isMember(entry)) return
  if (
    isDoubtful(watch, MISSES_TO_ASK, entry, now) &&
    !watch.inquiry &&
    !isOurselves(detector, now)
  ) {
    inquire(ring, watch, entry, now)
  }
  watch.isOpen = true
  if (callsUs(ring, watch, now)) return
  const ping: Ping = { kind: 'ping', node: watch.name, seqNo: nextSeqNo(ring) }
  watch.asked.push(ping.seqNo)
  if (watch.asked.length > ASKED_KEPT) watch.asked.shift()
  // Else bare: news would always go to the same few.
  const along = entry.state === 'suspect' ? [suspectOf(ring, entry)] : []
  const to = { addr: entry.addr, port: entry.port }
  ring.effects.push({ kind: 'send', to, messages: [ping, ...along] })
}

// Where two watch each other one of them may do the pinging, as long as it does: its pings say to the
// other what acks would, and their absence counts the same.
function callsUs(ring: Ring, { name, calledAt }: Watch, now: number): boolean {
  return name < ring.name && now - calledAt < 1.5 * fastPingMs(ring.timing)
}

const looksDown = ({ misses, isExcused }: Watch, enough: number): boolean =>
  misses >= enough && !isExcused

function isDoubtful(watch: Watch, enough: number, { hold }: Entry, now: number): boolean {
  if (!looksDown(watch, enough) || !watch.isKnown) return false
  return hold === undefined || now >= hold.until
}

// When we lose our link, some miss one ping less than others: who answered just before counts as well.
function isOurselves(detector: Detector, now: number): boolean {
  detector.accusedAt = detector.accusedAt.filter((at) => now - at < AT_ONCE_MS)
  const lost = detector.accusedAt.length
  const down = detector.watched.filter((watch) => looksDown(watch, MISSES_TO_ASK)).length + lost
  const all = detector.watched.length + lost
  return all > 1 && down * 2 > all
}

function inquire(ring: Ring, watch: Watch, { addr, port }: Entry, now: number): void {
  const seqNo = nextSeqNo(ring)
  watch.inquiry = { seqNo, until: now + inquiryMs(ring.timing) }
  const ask: IndirectPing = {
    ...{ kind: 'indirectPing', node: watch.name, seqNo, target: addr, port, nack: false },
    ...ownSource(ring),
  }
  const fits = ({ name, state }: Entry) => state === 'alive' && name !== watch.name
  for (const other of pick(ring, HELPERS, fits)) {
    const to = { addr: other.addr, port: other.port }
    ring.effects.push({ kind: 'send', to, messages: [ask] })
  }
}

function concludeInquiry(ring: Ring, detector: Detector, watch: Watch, now: number): void {
  if (now < watch.inquiry!.until) return
  delete watch.inquiry
  const entry = ring.table.get(watch.name)
  if (!entry || !isMember(entry)) return
  const isLost = isDoubtful(watch, MISSES, entry, now) && !isOurselves(detector, now)
  if (isLost) accuse(ring, detector, entry, now)
  else note(ring, { what: 'spared', node: watch.name })
}

function accuse(ring: Ring, detector: Detector, entry: Entry, now: number): void {
  const { name: node, incarnation, addr, port } = entry
  const accusation: Dead = { kind: 'dead', node, incarnation, from: ring.name }
  detector.accusedAt.push(now)
  detector.watched = detector.watched.filter(({ name }) => name !== node)
  applyDead(ring, accusation, now)
  note(ring, { what: 'accused', accusation })
  // If it lives after all it should be the first to know.
  ring.effects.push({ kind: 'send', to: { addr, port }, messages: [accusation] })
  tellAll(ring, accusation)
}

/** Whether this was an answer to one of ours, from itself or through another. */
export function ackWatch({ detector }: Ring, seqNo: number): boolean {
  for (const watch of detector?.watched ?? []) {
    if (watch.asked.includes(seqNo)) return seeAlive(watch)
    if (watch.inquiry?.seqNo !== seqNo) continue
    delete watch.inquiry
    watch.isExcused = true
    return true
  }
  return false
}

/** Another fast detector pinged us. */
export function seeCall({ detector, table }: Ring, from: Endpoint, now: number): void {
  for (const watch of detector?.watched ?? []) {
    const entry = table.get(watch.name)
    if (!entry || !sameEndpoint(entry, from)) continue
    watch.calledAt = now
    seeAlive(watch)
  }
}

function seeAlive(watch: Watch): true {
  delete watch.inquiry
  Object.assign(watch, { isOpen: false, misses: 0, isKnown: true, isExcused: false })
  return true
}

/** While we did not run nobody could answer us. */
export function forgetMisses({ detector }: Ring): void {
  for (const watch of detector?.watched ?? []) {
    delete watch.inquiry
    Object.assign(watch, { isOpen: false, misses: 0 })
  }
}
