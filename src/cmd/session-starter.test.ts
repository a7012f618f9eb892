import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { FakeObserver } from '../../test/support/start-speaker.ts'
import { openLog } from '../log.ts'
import { HELD_MS } from '../reconciler/session-starts.ts'
import type { PeerSession, Place } from '../reconciler/sessions.ts'
import { SessionStarter, type StartEdge } from './session-starter.ts'

const NONE = { 4: 0, 6: 0 }
const HELD: PeerSession = {
  ...{ name: 'tor', vrf: 'default', peer: '192.0.2.1', port: 179, state: 'Idle', isUp: false },
  ...{ established: 1, dropped: 1, sent: NONE, wanted: NONE },
  bfd: { profile: 'fast', status: 'down' },
}

/** With a clock that stands still until the test lets it go. */
function watch(t: TestContext, startSession: StartEdge['startSession']) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const lines: string[] = []
  const log = openLog('info', { write: (line) => lines.push(line) })
  const observer = new FakeObserver()
  let sessions: readonly PeerSession[] = [HELD]
  const starter = new SessionStarter({
    ...{ observer, log, frr: { startSession }, sessions: () => sessions },
  })
  return {
    starter,
    lines,
    see(seen: readonly PeerSession[]): void {
      sessions = seen
      observer.see({})
    },
    async pass(ms: number): Promise<void> {
      now += ms
      t.mock.timers.tick(ms)
      await new Promise(setImmediate)
    },
  }
}

test('a session that stays idle is started when its time has come, though nothing happens', async (t) => {
  const started: Place[] = []
  const { see, pass, lines } = watch(t, async ({ vrf, peer }) => started.push({ vrf, peer }) > 0)
  see([HELD])
  await pass(HELD_MS)
  assert.deepEqual(started, [])
  await pass(1)
  assert.deepEqual(started, [{ vrf: 'default', peer: '192.0.2.1' }])
  assert.match(lines.join(), /"event":"sessionStarted".*"peer":"192.0.2.1:179".*"bfd":"down"/)
  await pass(10 * HELD_MS)
  assert.equal(started.length, 1)
})

test('one that moves in time is left alone', async (t) => {
  const { see, pass } = watch(t, () => assert.fail('started'))
  see([HELD])
  await pass(HELD_MS - 1)
  see([{ ...HELD, state: 'Connect' }])
  await pass(HELD_MS)
})

test('nothing is said of a neighbour that FRR does not have any more', async (t) => {
  const { see, pass, lines } = watch(t, async () => false)
  see([HELD])
  await pass(HELD_MS + 1)
  assert.deepEqual(lines, [])
})

test('that it cannot be started is told once, and it is tried again after another loss', async (t) => {
  let tries = 0
  const { see, pass, lines } = watch(t, async () => {
    tries += 1
    throw new Error('cannot reach FRR')
  })
  see([HELD])
  await pass(HELD_MS + 1)
  await pass(HELD_MS + 1)
  assert.match(lines.join(), /cannot be started/)
  assert.equal(tries, 1)
  see([{ ...HELD, state: 'Unknown' }])
  see([HELD])
  await pass(HELD_MS + 1)
  assert.equal(tries, 2)
})

test('after the end nothing is started', async (t) => {
  const { see, pass, starter } = watch(t, () => assert.fail('started'))
  see([HELD])
  starter.finish()
  await pass(2 * HELD_MS)
  see([HELD])
  await pass(2 * HELD_MS)
})
