import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { speakerIn } from '../../test/support/status-scenes.ts'
import type { Counters } from '../frr/observer.ts'
import { placeKey, type SessionCounters } from '../reconciler/sessions.ts'
import { NO_COUNTERS, SessionResets } from './session-resets.ts'

const { sessions } = speakerIn({ down: { 'tor-b': 'whatever' } })
const down = sessions.find(({ isUp }) => !isUp)!

/** FRR's answer, in what of it is looked at. */
const answer = (lastReset: string): Counters => ({
  ...NO_COUNTERS,
  sessions: [{ vrf: down.vrf, peer: down.peer, lastReset } as SessionCounters],
})

test('FRR is asked once for each time that a session goes down', async () => {
  const questions: string[] = []
  const resets = new SessionResets(async () => {
    questions.push('asked')
    return answer(`reason ${questions.length}`)
  })
  const changed: string[] = []
  resets.onChange(() => changed.push('changed'))
  assert.equal(resets.of(sessions).size, 0)
  await eventually(() => assert.equal(changed.length, 1))
  assert.equal(resets.of(sessions).get(placeKey(down)), 'reason 1')
  assert.equal(resets.of(sessions), resets.of(sessions))
  assert.equal(questions.length, 1)

  const again = sessions.map((one) => (one === down ? { ...one, dropped: 2 } : one))
  resets.of(again)
  await eventually(() => assert.equal(changed.length, 2))
  assert.equal(resets.of(again).get(placeKey(down)), 'reason 2')
})

test('nobody is asked while all is up, or of a session that never was', () => {
  const resets = new SessionResets(() => assert.fail('asked'))
  const never = sessions.map((one) => ({ ...one, isUp: false, dropped: 0 }))
  assert.equal(resets.of(speakerIn().sessions).size, 0)
  assert.equal(resets.of(never).size, 0)
})
