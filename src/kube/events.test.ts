import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { refuse, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { EventBook, type Told } from './event-book.ts'
import { openEvents } from './events.ts'

const told = (message: string, name = 'web', reason = 'IPAllocated'): Told => ({
  involved: { kind: 'Service', namespace: 'default', name, uid: `uid-${name}` },
  ...{ type: 'Normal', reason, message },
})
const MINUTE = 60_000
const rulings = (book: EventBook, now: number, ...all: Told[]) =>
  all.map((one) => {
    const ruling = book.rule(one, now)
    return ruling.kind === 'drop' ? 'drop' : `${ruling.kind} ${ruling.entry.count}`
  })

test('the same again is counted, something else is a new one', () => {
  const book = new EventBook('a')
  const [a, b, other] = [told('a'), told('b'), told('a', 'other')]
  assert.deepEqual(rulings(book, 0, a, a, b, a, other), [
    ...['create 1', 'count 2', 'create 1', 'count 3', 'create 1'],
  ])
})

test('many that differ in their message only become one', () => {
  const book = new EventBook('a')
  const many = Array.from({ length: 12 }, (_, at) => told(`attempt ${at}`))
  const found = rulings(book, 0, ...many)
  assert.deepEqual(found.slice(0, 10), Array(10).fill('create 1'))
  assert.deepEqual(found.slice(10), ['create 1', 'count 2'])
  const ruling = book.rule(told('attempt 99'), 0)
  assert.ok(ruling.kind === 'count')
  assert.equal(ruling.entry.message, '(combined from similar events): attempt 99')
  assert.deepEqual(rulings(book, 11 * MINUTE, told('attempt 100')), ['create 1'])
})

test('an object has 25 events at once, then one each five minutes; others have theirs', () => {
  const book = new EventBook('a')
  const many = Array<Told>(30).fill(told('a'))
  assert.equal(rulings(book, 0, ...many).filter((one) => one === 'drop').length, 5)
  assert.deepEqual(rulings(book, 0, told('a', 'other')), ['create 1'])
  assert.deepEqual(rulings(book, 5 * MINUTE, told('a'), told('a')), ['count 26', 'drop'])
  assert.deepEqual(rulings(book, 4 * MINUTE, told('a')), ['drop'], 'the clock was set back')
})

test('names are unique and are names, also where two processes tell the same at once', () => {
  const books = [new EventBook('5eed'), new EventBook('feed')]
  const names = books.flatMap((book) =>
    ['a', 'b', 'c'].map((message) => {
      const ruling = book.rule(told(message, 'x'.repeat(253)), 1_790_000_000_000)
      assert.ok(ruling.kind === 'create')
      return ruling.entry.name
    }),
  )
  assert.equal(new Set(names).size, 6)
  for (const name of names) assert.match(name, /^[a-z0-9.-]{1,253}$/)
})

async function open() {
  const server = await startFakeApiServer()
  const client = openClient(openAccess(server.url))
  const errors: string[] = []
  const events = openEvents({
    ...{ client, component: 'metallb-controller', lingerMs: 20 },
    onError: ({ message }) => errors.push(message),
  })
  const sent = () => server.paths().map((path) => server.get(path)!)
  return {
    ...{ server, events, errors, sent },
    [Symbol.asyncDispose]: async () => {
      await events[Symbol.asyncDispose]()
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('an event names its object, its teller and how often', async () => {
  await using fake = await open()
  for (let at = 0; at < 3; at++) fake.events.record(told('address 192.0.2.1'))
  await eventually(() => assert.equal(fake.sent()[0]?.count, 3))
  const [event, ...others] = fake.sent()
  assert.deepEqual(others, [])
  assert.partialDeepStrictEqual(event, {
    ...{ kind: 'Event', type: 'Normal', reason: 'IPAllocated', message: 'address 192.0.2.1' },
    involvedObject: { kind: 'Service', namespace: 'default', name: 'web', uid: 'uid-web' },
    source: { component: 'metallb-controller' },
  })
  assert.match(String(event?.firstTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('an event that the API server removed is told anew', async () => {
  await using fake = await open()
  fake.events.record(told('a'))
  await eventually(() => assert.equal(fake.events.counts.sent, 1))
  fake.server.remove(fake.server.paths()[0]!)
  fake.events.record(told('a'))
  await eventually(() => assert.equal(fake.sent()[0]?.count, 2))
})

test('what the server refuses is lost, said once, and keeps nothing else from being sent', async () => {
  await using fake = await open()
  fake.server.intercept = ({ body }, response) => {
    if (!JSON.stringify(body).includes('bad')) return false
    refuse(response, 403, 'Forbidden', 'no')
    return true
  }
  for (const message of ['bad', 'bad too', 'good']) fake.events.record(told(message))
  await eventually(() => {
    assert.deepEqual(fake.events.counts, { sent: 1, dropped: 0, lost: 2 })
  })
  assert.deepEqual(fake.errors, ['cannot send events'])
})

test('a server that fails now and then loses nothing', async () => {
  await using fake = await open()
  let isFailing = true
  fake.server.intercept = (_, response) => {
    isFailing = !isFailing
    if (!isFailing) refuse(response, 500, 'InternalError', 'again')
    return !isFailing
  }
  fake.events.record(told('a'))
  fake.events.record(told('b'))
  await eventually(() => assert.equal(fake.sent().length, 2))
  assert.equal(fake.events.counts.lost, 0)
})

test('nobody waits, and of too many the oldest are lost', async () => {
  await using fake = await open()
  fake.server.intercept = ({ body }) => JSON.stringify(body).includes('stuck')
  fake.events.record(told('stuck'))
  await eventually(() => assert.equal(fake.server.asked.length, 1))
  for (let at = 0; at < 1_500; at++) fake.events.record(told('x', `service-${at}`))
  assert.equal(fake.events.counts.lost, 500)
})
