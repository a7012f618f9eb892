import assert from 'node:assert/strict'
import test from 'node:test'
import { bgpAd, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import {
  ASK_EVERY_MS,
  DIFFERENT_MS,
  DOWN_MS,
  type HeardEvent,
  hear,
  NOTHING_HEARD,
  START_MS,
} from './heard.ts'
import { type PeerSession, peerSessions, type Session } from './sessions.ts'
import { planSpeaker } from './speaker.ts'

const A = '10.0.0.1'
const B = '10.0.0.2'
const planOf = (...names: string[]) => {
  const services = names.flatMap((name, index) => [
    service(name, {}, { ips: [`192.0.2.${index + 1}`] }),
    slice(name, [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ])
  const peers = [peer('a', { peerAddress: A }), peer('b', { peerAddress: B })]
  const given = world([node('n1'), pool('p', ['192.0.2.0/24']), bgpAd('ad'), ...peers, ...services])
  const own = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }
  return planSpeaker({ ...given, ...own })
}
const ONE = planOf('web')
const TWO = planOf('web', 'shop')

const seen = (address: string, isUp: boolean, sent: number): Session => ({
  ...{ vrf: 'default', peer: address, state: isUp ? 'Established' : 'Idle', isUp },
  ...{ established: 1, dropped: 0, sent: { 4: sent, 6: 0 } },
})

/** Steps through looks; `down` or the number of prefixes that each neighbour was sent. */
class Story {
  #heard = NOTHING_HEARD
  asked: string[] = []
  nextAt: number | undefined
  #plan = ONE

  look(
    now: number,
    a: 'down' | number,
    b: 'down' | number,
    { plan = this.#plan, isTaken = true, answers = {} as Record<string, string[]> } = {},
  ): string {
    this.#plan = plan
    const both = [A, B].map((at, index) => {
      const what = [a, b][index]!
      return seen(at, what !== 'down', what === 'down' ? 0 : what)
    })
    const sessions: PeerSession[] = peerSessions(plan.frr, { sessions: both, bfd: [] })
    const given = Object.entries(answers).map(([name, list]) => [name, new Set(list)] as const)
    const event: HeardEvent = { plan, isTaken, sessions, answers: new Map(given), now }
    const [heard, { statuses, ask, nextAt }] = hear(this.#heard, event)
    this.#heard = heard
    this.nextAt = nextAt
    this.asked = ask.map(({ name }) => name)
    if (!statuses) return 'too early'
    const named = statuses.map(({ service: key, peers }) => `${key.split('/')[1]}:${peers}`)
    return named.join(' ')
  }
}

test('when FRR sent each neighbour what it shall, both hear it', () => {
  assert.equal(new Story().look(0, 1, 1), 'web:a,b')
  assert.equal(new Story().look(0, 2, 2, { plan: TWO }), 'shop:a,b web:a,b')
})

test('rows that say what was planned are the very same', () => {
  const sessions = peerSessions(ONE.frr, {
    sessions: [seen(A, true, 1), seen(B, true, 1)],
    bfd: [],
  })
  const event = { plan: ONE, isTaken: true, sessions, answers: new Map(), now: 0 }
  const [, { statuses }] = hear(NOTHING_HEARD, event)
  assert.equal(statuses![0], ONE.bgpStatuses[0])
})

test('at the start nothing is removed because a session is just coming up', () => {
  const story = new Story()
  assert.equal(story.look(0, 1, 'down'), 'too early')
  assert.equal(story.nextAt, START_MS)
  assert.equal(story.look(1_000, 1, 1), 'web:a,b')
  assert.equal(story.look(1_500, 1, 'down'), 'web:a,b')
  const dead = new Story()
  dead.look(0, 1, 'down')
  assert.equal(dead.look(START_MS, 1, 'down'), 'web:a')
})

test('a session that is down for a while hears nothing, and at once again when it is up', () => {
  const story = new Story()
  story.look(0, 1, 1)
  assert.equal(story.look(10_000, 'down', 1), 'web:a,b')
  assert.equal(story.nextAt, 10_000 + DOWN_MS)
  assert.equal(story.look(10_000 + DOWN_MS, 'down', 1), 'web:b')
  assert.equal(story.nextAt, undefined)
  assert.equal(story.look(20_000, 1, 1), 'web:a,b')
})

test('a session that flaps keeps what it heard', () => {
  const story = new Story()
  story.look(0, 1, 1)
  for (let now = 10_000; now < 40_000; now += 2_000) {
    assert.equal(story.look(now, 'down', 1), 'web:a,b')
    assert.equal(story.look(now + 1_000, 0, 1), 'web:a,b')
  }
})

test('a new Service is heard when it was sent; the one before all the time', () => {
  const story = new Story()
  story.look(0, 1, 1)
  assert.equal(story.look(10_000, 1, 2, { plan: TWO }), 'shop:b web:a,b')
  assert.equal(story.look(10_500, 2, 2, { plan: TWO }), 'shop:a,b web:a,b')
})

test('a Service that ends is heard by nobody, whatever FRR still sends', () => {
  const story = new Story()
  story.look(0, 2, 2, { plan: TWO })
  assert.equal(story.look(10_000, 2, 2, { plan: ONE }), 'web:a,b')
})

test('a neighbour that goes on being sent something else is asked about, not too often', () => {
  const story = new Story()
  story.look(0, 2, 2, { plan: TWO })
  const at = 10_000
  assert.equal(story.look(at, 1, 2), 'shop:a,b web:a,b')
  assert.deepEqual([story.asked, story.nextAt], [[], at + DIFFERENT_MS])
  const asked = at + DIFFERENT_MS
  story.look(asked, 1, 2)
  assert.deepEqual([story.asked, story.nextAt], [['a'], asked + ASK_EVERY_MS])
  const answers = { a: ['192.0.2.1/32'] }
  assert.equal(story.look(asked + 10, 1, 2, { answers }), 'shop:b web:a,b')
  assert.deepEqual(story.asked, [])
  assert.equal(story.look(asked + 20, 1, 2), 'shop:b web:a,b')
  story.look(asked + ASK_EVERY_MS, 1, 2)
  assert.deepEqual(story.asked, ['a'])
  assert.equal(story.look(asked + ASK_EVERY_MS + 10, 2, 2), 'shop:a,b web:a,b')
})

test('an answer about a session that went down since says nothing', () => {
  const story = new Story()
  story.look(0, 2, 2, { plan: TWO })
  story.look(10_000, 'down', 2)
  const answers = { a: [] }
  assert.equal(story.look(10_100, 'down', 2, { answers }), 'shop:a,b web:a,b')
})

test('numbers of a plan that FRR does not run tell nothing', () => {
  const story = new Story()
  story.look(0, 1, 1)
  const isTaken = false
  assert.equal(story.look(10_000, 2, 2, { plan: TWO, isTaken }), 'web:a,b')
  story.look(10_000 + DIFFERENT_MS, 2, 2, { isTaken })
  assert.deepEqual(story.asked, ['a', 'b'])
})
