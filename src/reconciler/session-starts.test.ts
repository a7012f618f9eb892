import assert from 'node:assert/strict'
import test from 'node:test'
import { HELD_MS, type SessionStarts, sessionStarts, WAITING_MS } from './session-starts.ts'
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
  let starts: SessionStarts = { stays: new Map(), start: [], nextAt: undefined }
  const started: string[] = []
  for (const [at, ...sessions] of looks) {
    starts = sessionStarts(starts.stays, sessions, at)
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
  ['BFD came up', session('Idle', 'up')],
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

test('BFD is up and FRR waits for its timer: started once, as long as BFD stays up', () => {
  const [trying, waiting] = [session('Connect', 'up'), session('Active', 'up')]
  const looks: Look[] = [
    [0, trying],
    [100, waiting],
    [WAITING_MS, waiting],
    [9_000, trying],
  ]
  assert.deepEqual(follow(...looks, [10_000, waiting]), {
    started: [`${WAITING_MS} 192.0.2.1`],
    nextAt: undefined,
  })
  const again: Look[] = [
    [11_000, session('Active', 'down')],
    [12_000, waiting],
    [12_000 + WAITING_MS, waiting],
  ]
  assert.deepEqual(follow(...looks, ...again).started.length, 2)
})

for (const [what, state, bfd] of [
  ['it has no BFD', 'Idle', undefined],
  ['it is up', 'Established', 'down'],
  ['somebody shut it down', 'Idle (Admin)', 'down'],
  ['the router sends too much', 'Idle (PfxCt)', 'down'],
  ['FRR tries, and BFD is down', 'Active', 'down'],
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
