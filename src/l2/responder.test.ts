// The main thread's side, with workers that do what a test wants. With the real one: test/net.
import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { openLog } from '../log.ts'
import { address } from '../net/address.ts'
import { type L2, type L2Options, openL2 } from './responder.ts'

const VIP = { address: address('10.0.0.1'), interfaces: [] }

/** A worker as text: `orders` holds what it got. */
const workerOf = (body: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, workerData } from 'node:worker_threads'
      const say = (report) => parentPort.postMessage(report)
      const counters = new Float64Array(workerData.counters)
      ${body}`)}`,
  )

/** Names its orders as links, so that a test can read them. */
const TELLING = `
  const links = []
  parentPort.on('message', (order) => {
    if (order.kind === 'stop') return parentPort.close()
    const put = order.put.map((one) => one.address.text + one.interfaces.join())
    links.push({ name: '+' + put + '-' + order.removed })
    say({ kind: 'links', links })
    say({ kind: 'applied', generation: order.generation })
  })`

async function opened(entry: URL | undefined, change: Partial<L2Options> = {}) {
  const lines: string[] = []
  const write = (chunk: Buffer, _: string, done: () => void) => {
    lines.push(String(chunk))
    done()
  }
  const log = openLog('info', new Writable({ write }))
  const l2 = await openL2({ log, ...(entry && { entry }), ...change })
  return { l2, lines }
}
const ordersOf = (l2: L2) => l2.links().map(({ name }) => name)

test('nothing is started for nothing', async () => {
  const { l2 } = await opened(workerOf(`throw new Error('started')`))
  await l2.apply([])
  await l2[Symbol.asyncDispose]()
  assert.deepEqual(l2.links(), [])
})

test('the first address starts it with everything; then differences, and no order for none', async () => {
  const { l2 } = await opened(workerOf(TELLING))
  await l2.apply([VIP])
  await l2.apply([VIP])
  await Promise.all([l2.apply([VIP, { ...VIP, address: address('fd00::1') }]), l2.start()])
  await l2.apply([{ ...VIP, interfaces: ['eth0'] }])
  await l2.apply([])
  assert.deepEqual(ordersOf(l2), ['+10.0.0.1-', '+fd00::1-', '+10.0.0.1eth0-fd00::1', '+-10.0.0.1'])
  await l2[Symbol.asyncDispose]()
})

test('started before it has addresses, it is told them when they come', async () => {
  const { l2 } = await opened(workerOf(TELLING))
  await Promise.all([l2.start(), l2.start()])
  await l2.apply([VIP])
  assert.deepEqual(ordersOf(l2), ['+-', '+10.0.0.1-'])
  await l2[Symbol.asyncDispose]()
})

test('a pattern that is none is refused before anything is started', async () => {
  await assert.rejects(opened(undefined, { excluded: ['('] }), /announcedInterfacesToExclude\[0\]/)
})

test('what the worker cannot open fails the apply, and the next one tries again', async () => {
  const refusing = `say({ kind: 'refused', message: 'no sockets here' })`
  const { l2, lines } = await opened(workerOf(refusing))
  await assert.rejects(l2.apply([VIP]), /^Error: no sockets here$/)
  await assert.rejects(l2.apply([VIP]), /^Error: no sockets here$/)
  assert.deepEqual([l2.restarts(), lines], [0, []], 'a refusal is no death')
  await l2[Symbol.asyncDispose]()
})

/** Counts its lives where the counters of the second address stand, as memory outlives a worker. */
const DYING = (lives: number) => `
  counters[4] += 1
  if (counters[4] <= ${lives}) throw new Error('life ' + counters[4])
  ${TELLING}`

test('a worker that dies is followed by one that knows everything', async () => {
  const { l2, lines } = await opened(workerOf(DYING(2)))
  await l2.apply([VIP])
  assert.deepEqual(ordersOf(l2), ['+10.0.0.1-'])
  assert.equal(l2.restarts(), 2)
  const told = lines.map((line) => JSON.parse(line))
  assert.deepEqual(
    told.map(({ event, error }) => [event, error]),
    [
      ['workerDied', 'life 1'],
      ['workerDied', 'life 2'],
    ],
  )
  await l2[Symbol.asyncDispose]()
})

test('three deaths within a minute are an error for whoever listens', async () => {
  const { l2 } = await opened(workerOf(DYING(9)))
  const { promise, resolve } = Promise.withResolvers<Error>()
  l2.on('error', resolve)
  await assert.rejects(l2.apply([VIP]), /does not stay alive: its thread ended 3 times/)
  assert.match(String((await promise).cause), /life 3/)
  await l2[Symbol.asyncDispose]()
})

test('a thread that does not end is ended, and who waited is told', async () => {
  const { l2 } = await opened(workerOf(`parentPort.on('message', () => {})`))
  const waiting = l2.apply([VIP])
  const refused = assert.rejects(waiting, /layer 2 was closed/)
  await new Promise(setImmediate)
  await l2[Symbol.asyncDispose]()
  await refused
})

test('conflicts are told to log and listeners, and stand until they are over', async () => {
  const conflict = { address: '10.0.0.1', interface: 'eth0', mac: '02:00:00:00:00:01', at: 5 }
  const { l2, lines } = await opened(
    workerOf(`${TELLING}
      const conflict = ${JSON.stringify(conflict)}
      say({ kind: 'conflict', conflict })
      parentPort.on('message', ({ removed }) => {
        if (removed?.length === 0) say({ kind: 'conflict-over', conflict })
      })`),
  )
  const seen: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  l2.on('conflict', () => {
    seen.push(l2.conflicts())
    if (seen.length === 2) resolve()
  })
  await l2.start()
  await promise
  assert.deepEqual(seen, [[conflict], []])
  const events = lines.map((line) => JSON.parse(line)).map(({ event, mac }) => [event, mac])
  assert.deepEqual(events, [
    ['conflict', conflict.mac],
    ['conflictOver', conflict.mac],
  ])
  await l2[Symbol.asyncDispose]()
})

test('whether all other nodes are there is told when it changes, and to every new worker', async () => {
  const telling = `
    const links = []
    const once = counters[4] += 1
    parentPort.on('message', (order) => {
      if (order.kind === 'stop') return parentPort.close()
      if (order.kind === 'ring') {
        links.push({ name: once + ' ' + order.isWhole })
        return say({ kind: 'links', links })
      }
      if (order.removed.length > 0) throw new Error('it fails')
      say({ kind: 'applied', generation: order.generation })
    })`
  const { l2 } = await opened(workerOf(telling))
  const has = (...names: string[]) => eventually(() => assert.deepEqual(ordersOf(l2), names))
  await l2.apply([VIP])
  await l2.apply([VIP], { isRingWhole: true })
  await l2.apply([VIP], { isRingWhole: true })
  await l2.apply([VIP])
  await has('1 true', '1 false')
  await l2.apply([], { isRingWhole: true })
  await has('2 true')
  await l2[Symbol.asyncDispose]()
})

test('to announce anew is an order for the worker, and for none that is not there', async () => {
  const telling = `
    parentPort.on('message', ({ kind, generation }) => {
      if (kind === 'stop') return parentPort.close()
      if (kind === 'anew') return say({ kind: 'links', links: [{ name: 'anew' }] })
      say({ kind: 'applied', generation })
    })`
  const { l2 } = await opened(workerOf(telling))
  l2.announceAnew()
  await l2.apply([VIP])
  assert.deepEqual(ordersOf(l2), [])
  l2.announceAnew()
  await eventually(() => assert.deepEqual(ordersOf(l2), ['anew']))
  await l2[Symbol.asyncDispose]()
})

test('that a link is back is passed on', async () => {
  const { l2 } = await opened(workerOf(`${TELLING}\nsay({ kind: 'link-back' })`))
  const back = Promise.withResolvers<void>()
  l2.on('back', back.resolve)
  await l2.start()
  await back.promise
  await l2[Symbol.asyncDispose]()
})

test('counters stand under their addresses', async () => {
  const { l2 } = await opened(workerOf(`counters[1] = 7\ncounters[2] = 10\n${TELLING}`))
  await l2.apply([VIP])
  const expected = { requests: 0, responses: 7, gratuitous: 10, conflicts: 0 }
  assert.deepEqual(l2.counters(), [{ address: '10.0.0.1', ...expected }])
  await l2[Symbol.asyncDispose]()
})
