import assert from 'node:assert/strict'
import test from 'node:test'
import { GONE_MS, HELD_MS, type SessionStarts, sessionStarts } from './session-starts.ts'
import type { PeerSession } from './sessions.ts'

const NONE = { 4: 0, 6: 0 }

function session(state: string, bfd: string | undefined, more: Partial<PeerSession> = {}) {
  return {
    ...{ name: 'tor', vrf: 'default', peer: '192.0.2.1', port: 179, state },
    ...{ isUp: state === 'Established', established: 0, dropped: 0, sent: NONE, wanted: NONE },
    ...(bfd === undefined ? {} : { bfd: { profile: 'fast', status: bfd } }),
    ...more,
  }
}

type Look = readonly [at: number, ...PeerSession[]]

/** When which sessions were started, and when the next look is due after the last one. */
function follow(...looks: Look[]) {
  let starts: SessionStarts = { watched: new Map(), start: [], nextAt: undefined }
  const started: string[] = []
  for (const [at, ...sessions] of looks) {
    starts = sessionStarts(starts.watched, sessions, at)
    started.push(...starts.start.map(({ peer }) => `${at} ${peer}`))
  }
  return { started, nextAt: starts.nextAt }
}

test('a session that BFD keeps idle is started once, after a while', () => {
  const held = session('Idle', 'down')
  assert.deepEqual(follow([0, held]), { started: [], nextAt: HELD_MS })
  assert.deepEqual(follow([0, held], [100, held], [HELD_MS, held], [3 * HELD_MS, held]), {
    started: [`${HELD_MS} 192.0.2.1`],
    nextAt: undefined,
  })
})

for (const [what, between] of [
  ['FRR began by itself', session('Connect', 'down')],
  ['it was up', session('Established', 'down')],
  ['FRR did not know it for a moment', session('Unknown', 'unknown')],
  ['somebody shut it down', session('Idle (Admin)', 'down')],
  ['it has no BFD', session('Idle', undefined)],
] as const) {
  test(`the time of an idle session begins anew: ${what}`, () => {
    const held = session('Idle', 'down')
    const looks: Look[] = [
      [0, held],
      [100, between],
      [200, held],
      [HELD_MS, held],
    ]
    assert.deepEqual(follow(...looks), { started: [], nextAt: 200 + HELD_MS })
    assert.deepEqual(follow(...looks, [200 + HELD_MS, held]).started, [
      `${200 + HELD_MS} 192.0.2.1`,
    ])
  })
}

test('a router that had BFD is given more time, until it is forgotten', () => {
  const [watched, held] = [session('Established', 'up'), session('Idle', 'down')]
  const lost: Look[] = [
    [0, watched],
    [100, held],
    [100 + HELD_MS, held],
  ]
  assert.deepEqual(follow(...lost), { started: [], nextAt: 100 + GONE_MS })
  const back: Look[] = [...lost, [9_000, session('Idle', 'up')], [9_100, held]]
  assert.deepEqual(follow(...back), { started: [], nextAt: 9_100 + GONE_MS })
  assert.deepEqual(follow(...back, [9_100 + GONE_MS, held]).started.length, 1)
  // FRR's restart does not change what the router can do.
  const restarted: Look[] = [...lost, [9_000, session('Unknown', 'unknown')], [9_100, held]]
  assert.equal(follow(...restarted).nextAt, 9_100 + GONE_MS)
  assert.equal(follow(...lost, [9_000], [9_100, held]).nextAt, 9_100 + HELD_MS)
})

for (const [what, state, bfd] of [
  ['it has no BFD', 'Idle', undefined],
  ['it is up', 'Established', 'down'],
  ['somebody shut it down', 'Idle (Admin)', 'down'],
  ['the router sends too much', 'Idle (PfxCt)', 'down'],
  ['FRR tries, and BFD is down', 'Active', 'down'],
  ['FRR tries, and BFD is up', 'Active', 'up'],
  ['FRR is about to start it', 'Idle', 'up'],
  ['an attempt is under way', 'OpenSent', 'up'],
  ['FRR does not answer', 'Unknown', 'unknown'],
] as const) {
  test(`left alone: ${what}`, () => {
    const one = session(state, bfd)
    assert.deepEqual(follow([0, one], [60_000, one], [120_000, one]).started, [])
  })
}

test('each session has a time of its own, also with one address in two VRFs', () => {
  const [one, two] = [session('Idle', 'down'), session('Idle', 'down', { vrf: 'red' })]
  const looks: Look[] = [
    [0, one],
    [1_000, one, two],
  ]
  assert.equal(follow(...looks).nextAt, HELD_MS)
  const { started, nextAt } = follow(...looks, [HELD_MS, one, two])
  assert.deepEqual([started.length, nextAt], [1, HELD_MS + 1_000])
})
