import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Alarm } from './alarm.ts'

class Ringing extends EventTarget {
  count = 0
  readonly alarm: Alarm
  constructor(received: () => number = () => 0) {
    super()
    const onDue = () => {
      this.count++
      this.dispatchEvent(new Event('due'))
    }
    this.alarm = new Alarm({ onDue, received })
  }
}
const now = () => performance.now()

test('it goes off once each time it is set', async () => {
  const ringing = new Ringing()
  const at = now() + 5
  const due = once(ringing, 'due')
  ringing.alarm.set(at)
  ringing.alarm.set(at)
  await due
  assert.equal(ringing.count, 1)
  ringing.alarm.set(now())
  await once(ringing, 'due')
  assert.equal(ringing.count, 2)
})

test('a time that is past is due at once, and a sooner one replaces a later one', async () => {
  const ringing = new Ringing()
  ringing.alarm.set(now() + 600_000)
  ringing.alarm.set(Number.NEGATIVE_INFINITY)
  await once(ringing, 'due')
  assert.equal(ringing.count, 1)
})

test('never is never, and so is after its end', async () => {
  const never = new Ringing()
  never.alarm.set(now())
  never.alarm.set(Number.POSITIVE_INFINITY)
  const ended = new Ringing()
  ended.alarm.set(now())
  ended.alarm[Symbol.dispose]()
  // Set after both, so that it goes off after they would have.
  const last = new Ringing()
  last.alarm.set(now() + 5)
  await once(last, 'due')
  assert.deepEqual([never.count, ended.count], [0, 0])
})

test('what waits in the socket is read first', async () => {
  let waiting = 10
  const ringing = new Ringing(() => 10 - Math.max(0, waiting--))
  ringing.alarm.set(now())
  await once(ringing, 'due')
  assert.ok(waiting <= 0)
})

test('a flood does not keep it waiting', async () => {
  let received = 0
  const ringing = new Ringing(() => received++)
  ringing.alarm.set(now())
  await once(ringing, 'due')
})
