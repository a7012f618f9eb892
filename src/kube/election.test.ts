import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  ELECTION_TIMES,
  type Election,
  type ElectionEffect,
  type ElectionEvent,
  type LeaseSpec,
  leftMs,
  type StandingLease,
  step,
} from './election.ts'

const moment = (now: number) => ({ now, time: `t${now}`, random: 0 })
const lease = (holderIdentity: string, resourceVersion = '1'): StandingLease => ({
  resourceVersion,
  spec: { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 4 },
})

/** Plays events, each at its time; what came of the last one, in short. */
function play(...events: readonly (readonly [now: number, event: ElectionEvent])[]) {
  let state: Election = { identity: 'me', times: ELECTION_TIMES }
  let effects: ElectionEffect[] = []
  for (const [now, event] of events) [state, effects] = step(state, event, moment(now))
  return { state, told: effects.map(print) }
}

function print(effect: ElectionEffect): string {
  if (effect.kind === 'wait') return `wait ${effect.ms}`
  if (effect.kind !== 'write') return effect.kind
  const { holderIdentity, leaseTransitions } = effect.spec
  return `write "${holderIdentity}" ${leaseTransitions} on ${effect.resourceVersion ?? 'nothing'}`
}

const read = (standing?: StandingLease): ElectionEvent =>
  standing ? { kind: 'read', lease: standing } : { kind: 'read' }
const ours = (sentAt: number, resourceVersion = '2'): ElectionEvent => ({
  ...{ kind: 'written', sentAt },
  lease: lease('me', resourceVersion),
})

for (const [name, events, expected] of [
  ['begins by reading', [[0, { kind: 'start' }]], ['read']],
  ['makes what is not there', [[0, read()]], ['write "me" 0 on nothing']],
  ['takes what was given back', [[0, read(lease(''))]], ['write "me" 5 on 1']],
  ['takes its own at once', [[0, read(lease('me'))]], ['write "me" 4 on 1']],
  ['waits while another holds it', [[0, read(lease('you'))]], ['wait 2000']],
  [
    'waits while another renews it',
    [
      [0, read(lease('you'))],
      [14_000, read(lease('you', '2'))],
      [28_000, read(lease('you', '2'))],
    ],
    ['wait 2000'],
  ],
  [
    'takes it when nobody renewed it',
    [
      [0, read(lease('you'))],
      [15_000, read(lease('you'))],
    ],
    ['write "me" 5 on 1'],
  ],
  [
    'leads when its write went through',
    [
      [0, read()],
      [50, ours(10)],
    ],
    ['lead', 'wait 5000'],
  ],
  [
    'renews without reading',
    [
      [0, read()],
      [50, ours(10)],
      [5050, { kind: 'waited' }],
    ],
    ['write "me" 4 on 2'],
  ],
  [
    'renews without being told again',
    [
      [50, ours(10)],
      [5050, ours(5040, '3')],
    ],
    ['wait 5000'],
  ],
  [
    'reads again when somebody was faster',
    [
      [0, read()],
      [50, { kind: 'conflict' }],
    ],
    ['read'],
  ],
  [
    'follows when another has it',
    [
      [50, ours(10)],
      [99, { kind: 'conflict' }],
      [100, read(lease('you', '9'))],
    ],
    ['lose', 'wait 2000'],
  ],
  [
    'goes on while a renewal may still come',
    [
      [50, ours(10)],
      [9_000, { kind: 'failed' }],
    ],
    ['wait 2000'],
  ],
  [
    'stops in time when it does not',
    [
      [50, ours(10)],
      [10_010, { kind: 'failed' }],
    ],
    ['lose', 'wait 2000'],
  ],
  [
    'tries once more when a renewal hangs for as long as it may',
    [
      [50, ours(10)],
      [7_550, { kind: 'failed' }],
      [9_550, { kind: 'waited' }],
    ],
    ['write "me" 4 on 2'],
  ],
  [
    'goes on when that one goes through',
    [
      [50, ours(10)],
      [7_550, { kind: 'failed' }],
      [9_550, { kind: 'waited' }],
      [10_050, ours(9_550, '3')],
    ],
    ['wait 5000'],
  ],
  [
    'an answer that is too late is none',
    [
      [50, ours(10)],
      [12_500, ours(2_400, '3')],
    ],
    ['lose', 'read'],
  ],
  [
    'gives it back',
    [
      [50, ours(10)],
      [60, { kind: 'stop' }],
    ],
    ['lose', 'write "" 4 on 2'],
  ],
  [
    'has nothing to give back',
    [
      [0, read(lease('you'))],
      [60, { kind: 'stop' }],
    ],
    ['done'],
  ],
] as [string, [number, ElectionEvent][], string[]][]) {
  test(`election: ${name}`, () => assert.deepEqual(play(...events).told, expected))
}

test('who leads may write until others may take over, and not past an overdue renewal', () => {
  const { state } = play([50, ours(10)])
  assert.deepEqual(
    [10, 5_010, 10_009, 10_010, 99_999].map((now) => leftMs(state, now)),
    [15_000, 10_000, 5_001, 0, 0],
  )
})

interface Chance {
  readonly latencyMs: number
  readonly lost: 'nothing' | 'request' | 'answer'
}

/** A Lease, candidates, and a network that delays and loses what it likes. */
class Cluster {
  lease: StandingLease | undefined
  readonly candidates: { state: Election; due: number; event: ElectionEvent }[]
  #version = 0

  constructor(count: number) {
    this.candidates = Array.from({ length: count }, (_, at) => ({
      state: { identity: `c${at}`, times: ELECTION_TIMES },
      ...{ due: at, event: { kind: 'start' } },
    }))
  }

  /** The next event of all; what a request meets is decided by chance. */
  turn({ latencyMs, lost }: Chance): number {
    const next = this.candidates.reduce((a, b) => (b.due < a.due ? b : a))
    const now = next.due
    const [state, effects] = step(next.state, next.event, moment(now))
    next.state = state
    const effect = effects.at(-1)
    assert.ok(effect, 'something always follows')
    if (effect.kind === 'wait') {
      Object.assign(next, { due: now + effect.ms, event: { kind: 'waited' } })
      return now
    }
    // The server acts at once, if it is asked at all; its answer comes later, or never.
    const ask = () => (effect.kind === 'write' ? this.#write(effect, now) : this.#read())
    const answer = lost === 'request' ? undefined : ask()
    if (lost === 'nothing') Object.assign(next, { due: now + latencyMs, event: answer })
    else Object.assign(next, { due: now + 5_000, event: { kind: 'failed' } })
    return now
  }

  writers(now: number): string[] {
    return this.candidates
      .filter(({ state }) => leftMs(state, now) > 0)
      .map(({ state }) => state.identity)
  }

  #read(): ElectionEvent {
    return this.lease ? { kind: 'read', lease: this.lease } : { kind: 'read' }
  }

  #write(effect: { spec: LeaseSpec; resourceVersion?: string }, now: number): ElectionEvent {
    if (this.lease?.resourceVersion !== effect.resourceVersion) return { kind: 'conflict' }
    this.lease = { resourceVersion: String(++this.#version), spec: effect.spec }
    return { kind: 'written', lease: this.lease, sentAt: now }
  }
}

const chances = fc.array(
  fc.record({
    latencyMs: fc.integer({ min: 1, max: 6_000 }),
    lost: fc.constantFrom('nothing', 'nothing', 'request', 'answer'),
  }),
  { minLength: 50, maxLength: 400 },
)

test('never two may write, whatever the network does; and soon one does when it is quiet', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), chances, (count, bad) => {
      const cluster = new Cluster(count)
      for (const chance of bad) {
        const writers = cluster.writers(cluster.turn(chance))
        assert.ok(writers.length <= 1, `${writers} may all write`)
      }
      const from = Math.min(...cluster.candidates.map(({ due }) => due))
      let now = from
      while (now < from + 40_000) now = cluster.turn({ latencyMs: 5, lost: 'nothing' })
      assert.equal(cluster.writers(now).length, 1)
    }),
    { numRuns: 200 },
  )
})
