import assert from 'node:assert/strict'
import test from 'node:test'
import { backoffMs, Loop } from './loop.ts'

/** A loop whose passes and waits end when the test says so. */
function driven() {
  const stop = new AbortController()
  const passes: PromiseWithResolvers<void>[] = []
  const waits: { ms: number; done: () => void; signal: AbortSignal }[] = []
  const failures: number[] = []
  const loop = new Loop({
    signal: stop.signal,
    random: () => 0.5,
    pass: () => {
      const pass = Promise.withResolvers<void>()
      passes.push(pass)
      return pass.promise
    },
    delay: (ms, signal) => new Promise((done) => waits.push({ ms, done, signal })),
    onFailure: ({ attempt }) => failures.push(attempt),
  })
  return { loop, stop, passes, waits, failures, running: loop.run() }
}

/** Lets everything that is ready to run do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('the first pass needs no change, the second does', async () => {
  const { loop, stop, passes, running } = driven()
  passes[0]!.resolve()
  await settle()
  assert.equal(passes.length, 1)
  loop.markDirty()
  await settle()
  assert.equal(passes.length, 2)
  passes[1]!.resolve()
  stop.abort()
  await running
})

test('passes do not overlap; all that comes during one is one more', async () => {
  const { loop, stop, passes, running } = driven()
  for (let change = 0; change < 5; change++) loop.markDirty()
  await settle()
  assert.equal(passes.length, 1)
  passes[0]!.resolve()
  await settle()
  assert.equal(passes.length, 2)
  passes[1]!.resolve()
  await settle()
  assert.equal(passes.length, 2)
  stop.abort()
  await running
})

test('after failures the waits grow, and a success starts them anew', async () => {
  const { loop, stop, passes, waits, failures, running } = driven()
  for (const index of [0, 1, 2]) {
    passes[index]!.reject(new Error('no'))
    await settle()
    waits[index]!.done()
    await settle()
  }
  passes[3]!.resolve()
  await settle()
  loop.markDirty()
  await settle()
  passes[4]!.reject(new Error('no'))
  await settle()
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [50, 100, 200, 50],
  )
  assert.deepEqual(failures, [1, 2, 3, 1])
  stop.abort()
  await running
})

test('a change ends the wait after a failure, and the wait is given up', async () => {
  const { loop, stop, passes, waits, running } = driven()
  passes[0]!.reject(new Error('no'))
  await settle()
  loop.markDirty()
  await settle()
  assert.equal(passes.length, 2)
  assert.ok(waits[0]!.signal.aborted)
  passes[1]!.resolve()
  stop.abort()
  await running
})

test('a change during a pass that fails does not wait as long as what failed', async () => {
  const { loop, stop, passes, waits, running } = driven()
  for (const index of [0, 1, 2]) {
    passes[index]!.reject(new Error('no'))
    await settle()
    waits[index]!.done()
    await settle()
  }
  loop.markDirty()
  passes[3]!.reject(new Error('no'))
  await settle()
  waits[3]!.done()
  await settle()
  passes[4]!.reject(new Error('no'))
  await settle()
  assert.deepEqual(
    waits.map(({ ms }) => ms),
    [50, 100, 200, 50, 800],
  )
  stop.abort()
  await running
})

test('the end comes after the pass that is running, and ends every wait', async () => {
  const { stop, passes, running } = driven()
  stop.abort()
  let isOver = false
  running.then(() => {
    isOver = true
  })
  await settle()
  assert.equal(isOver, false)
  passes[0]!.reject(new Error('no'))
  await running
})

test('waits are bounded and spread', () => {
  assert.equal(backoffMs(1, 0), 38)
  assert.equal(backoffMs(1, 1), 63)
  assert.equal(backoffMs(1000, 1), 12_500)
})
