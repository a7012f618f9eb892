import assert from 'node:assert/strict'
import test from 'node:test'
import { type SessionsSeen, sessionChanges } from './session-changes.ts'
import type { PeerSession } from './sessions.ts'

const base: PeerSession = {
  ...{ vrf: 'default', peer: '192.0.2.1', name: 'tor', port: 179, state: 'Active', isUp: false },
  ...{ established: 0, dropped: 0, sent: { 4: 0, 6: 0 }, wanted: { 4: 0, 6: 0 } },
}
const session = (change: Partial<PeerSession> = {}): PeerSession => ({ ...base, ...change })
const up = (change: Partial<PeerSession> = {}) =>
  session({ state: 'Established', isUp: true, established: 1, ...change })
const bfd = (status: string) => ({ bfd: { profile: 'fast', status } })
const unlooked = (...sessions: PeerSession[]): SessionsSeen => ({ sessions, isLooked: false })
const looked = (...sessions: PeerSession[]): SessionsSeen => ({ sessions, isLooked: true })

for (const [name, before, now, expected] of [
  ['a new peer', unlooked(), unlooked(session()), ['peerAdded']],
  ['the first look: what is up stood before', unlooked(session()), looked(up()), ['sessionStands']],
  ['the first look: what is down is no news', unlooked(session()), looked(session()), []],
  ['it comes up', looked(session()), looked(up()), ['sessionUp']],
  ['it goes down', looked(up()), looked(session()), ['sessionDown']],
  ['a new peer that is up at once', looked(), looked(up()), ['peerAdded', 'sessionUp']],
  ['another state that is not up', looked(session()), looked(session({ state: 'Connect' })), []],
  ['nothing', looked(up()), looked(up()), []],
  [
    'down and up again between two looks',
    looked(up()),
    looked(up({ established: 2, dropped: 1 })),
    ['sessionDown', 'sessionUp'],
  ],
  ['BFD finds the neighbour', looked(up(bfd('down'))), looked(up(bfd('up'))), ['bfdUp']],
  [
    'BFD loses the neighbour',
    looked(up(bfd('up'))),
    looked(session(bfd('down'))),
    ['bfdDown', 'sessionDown'],
  ],
  [
    'another address is another session',
    looked(up()),
    looked(session({ peer: '192.0.2.2' })),
    ['peerRemoved removedFromConfig', 'peerAdded'],
  ],
] as const) {
  test(`news of sessions: ${name}`, () => {
    const told = sessionChanges(before, now, []).map((one) =>
      one.kind === 'peerRemoved' ? `${one.kind} ${one.reason}` : one.kind,
    )
    assert.deepEqual(told, expected)
  })
}

for (const [because, reason] of [
  ['nodeNotSelected', 'filteredByNodeSelector'],
  ['refusedByFrr', 'refusedByFrr'],
  [undefined, 'removedFromConfig'],
] as const) {
  test(`a peer is removed: ${reason}`, () => {
    const peers = because ? [{ name: 'tor', session: false, because }] : []
    const [change] = sessionChanges(looked(up()), looked(), peers)
    assert.ok(change?.kind === 'peerRemoved')
    assert.equal(change.reason, reason)
  })
}
