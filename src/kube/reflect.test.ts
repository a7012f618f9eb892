import assert from 'node:assert/strict'
import test from 'node:test'
import { type Refusal, refusalOfEvent } from './api-error.ts'
import {
  backoffMs,
  type ReflectEffect,
  type ReflectEvent,
  type Reflection,
  readLine,
  reflection,
  step,
} from './reflect.ts'

const object = (name: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, resourceVersion },
})
const page = (names: string[], resourceVersion: string, next?: string): ReflectEvent => ({
  kind: 'page',
  page: {
    items: names.map((name) => object(name, '1')),
    resourceVersion,
    ...(next === undefined ? {} : { next }),
  },
})
const refused = (status: number, more: Partial<Refusal> = {}): ReflectEvent => ({
  kind: 'failed',
  message: `${status}`,
  refusal: { status, reason: '', said: '', causes: [], ...more },
})
const reset: ReflectEvent = { kind: 'failed', message: 'reset' }
const put = (name: string, version: string): ReflectEvent => ({
  kind: 'changed',
  type: 'put',
  object: object(name, version),
})

/** Plays events, each with the time at which it comes; what came of the last one, in short. */
function play(events: readonly (ReflectEvent | number)[], from?: Reflection) {
  let state = from ?? reflection()
  let effects: ReflectEffect[] = []
  let now = 0
  for (const event of events) {
    if (typeof event === 'number') now += event
    else [state, effects] = step(state, event, { now, random: 0.5 })
  }
  return { state, told: effects.map(print) }
}

function print(effect: ReflectEffect): string {
  switch (effect.kind) {
    case 'list':
      return `list ${effect.whole ? 'whole' : (effect.next ?? 'first')}`
    case 'watch':
      return `watch ${effect.resourceVersion} for ${effect.timeoutSeconds}`
    case 'wait':
      return `wait ${effect.ms}`
    case 'put':
    case 'remove':
      return `${effect.kind} ${effect.object.metadata.name}`
    case 'failed':
      return `failed ${effect.failures}`
    default:
      return effect.kind
  }
}

const start: ReflectEvent = { kind: 'start' }
const waited: ReflectEvent = { kind: 'waited' }
const closed: ReflectEvent = { kind: 'closed' }
const watching = [start, page(['a'], '10')]
const bookmark: ReflectEvent = { kind: 'bookmark', resourceVersion: '99' }
const tick: ReflectEvent = { kind: 'tick' }
const back: ReflectEvent = { kind: 'back' }
const many = Array<ReflectEvent>(20).fill(reset)
const HOUR = 3_600_000

for (const [name, events, expected] of [
  ['begins with a list', [start], ['begin', 'list first']],
  [
    'a page of several is told and the next one asked for',
    [start, page(['a'], '10', 'p2')],
    ['put a', 'list p2'],
  ],
  [
    'the last page ends the list, and the watch goes on from its version',
    [start, page(['a'], '10', 'p2'), page(['b'], '10')],
    ['put b', 'sweep', 'synced', 'watch 10 for 450'],
  ],
  [
    'nothing at all is a complete answer',
    [start, page([], '10')],
    ['sweep', 'synced', 'watch 10 for 450'],
  ],
  ['a change', [...watching, put('a', '11')], ['put a']],
  [
    'the end of a watch, after changes',
    [...watching, put('a', '11'), HOUR, closed],
    ['watch 11 for 450'],
  ],
  [
    'the end of a watch, after a bookmark',
    [...watching, bookmark, HOUR, closed],
    ['watch 99 for 450'],
  ],
  ['a watch that ends at once', [...watching, 5, closed], ['failed 1', 'wait 150']],
  ['a reset', [...watching, HOUR, reset], ['failed 1', 'wait 150']],
  ['after a reset', [...watching, HOUR, reset, waited], ['watch 10 for 450']],
  ['many resets', [...watching, ...many, waited], ['watch 10 for 450']],
  [
    'too many requests',
    [...watching, refused(429, { retryAfterMs: 7000 })],
    ['failed 1', 'wait 7000'],
  ],
  [
    'an hour is too long to wait',
    [...watching, refused(503, { retryAfterMs: HOUR })],
    ['failed 1', 'wait 30000'],
  ],
  ['unavailable', [...watching, refused(503), waited], ['watch 10 for 450']],
  ['forbidden', [start, refused(403), waited], ['begin', 'list first']],
  ['gone: a new list at once', [...watching, refused(410)], ['expired', 'begin', 'list first']],
  [
    'gone when the server is back: a new list at once as well',
    [...watching, reset, { kind: 'waited' }, reset, { kind: 'waited' }, refused(410)],
    ['expired', 'begin', 'list first'],
  ],
  [
    'gone by its word',
    [...watching, refused(500, { reason: 'Expired' })],
    ['expired', 'begin', 'list first'],
  ],
  [
    'an etcd restored from a backup',
    [...watching, refused(504, { causes: ['ResourceVersionTooLarge'] })],
    ['expired', 'begin', 'list first'],
  ],
  [
    'gone again and again: with pauses',
    [...watching, refused(410), page(['a'], '20'), refused(410)],
    ['failed 1', 'wait 150'],
  ],
  [
    'gone, a change of what was listed, and gone again: ordinary both times',
    [...watching, refused(410), page(['a'], '20'), put('a', '21'), refused(410)],
    ['expired', 'begin', 'list first'],
  ],
  [
    'gone, a quiet watch of what was listed, and gone again: ordinary both times',
    [...watching, refused(410), page(['a'], '20'), 15_000, tick, refused(410)],
    ['expired', 'begin', 'list first'],
  ],
  [
    'a new list is told once as the first',
    [...watching, refused(410), page([], '20')],
    ['sweep', 'watch 20 for 450'],
  ],
  [
    'a page that failed is asked for again',
    [start, page(['a'], '10', 'p2'), refused(500), waited],
    ['list p2'],
  ],
  [
    'a list that expired between its pages is asked for as a whole',
    [start, page(['a'], '10', 'p2'), refused(410)],
    ['expired', 'begin', 'list whole'],
  ],
  [
    'what came of an expired list does not count',
    [start, page(['a'], '10', 'p2'), refused(410), page(['b'], '12')],
    ['put b', 'sweep', 'synced', 'watch 12 for 450'],
  ],
  ['a line that is no event', [...watching, { kind: 'malformed' }, waited], ['watch 10 for 450']],
  [
    'a place that cannot be read is left behind',
    [...watching, { kind: 'malformed' }, { kind: 'malformed' }, { kind: 'malformed' }, waited],
    ['begin', 'list first'],
  ],
  ['silence after a bookmark', [...watching, bookmark, 149_000, tick], []],
  [
    'too much silence after a bookmark',
    [...watching, bookmark, 150_000, tick],
    ['watch 99 for 450'],
  ],
  ['silence of a kind that nobody touches', [...watching, 450_000 + 29_000, tick], []],
  [
    'a watch that the server should have ended',
    [...watching, 450_000 + 30_000, tick],
    ['watch 10 for 450'],
  ],
  ['back: who waits long is let go sooner', [...watching, ...many, back], ['wait 500']],
  ['back: who waits less anyway goes on', [...watching, reset, back], []],
  ['back: who does not wait is not disturbed', [...watching, back], []],
  ['back and lost in turn', [...watching, ...many, back, waited, reset, 4_000, back], []],
  ['back again later', [...watching, ...many, back, waited, reset, 5_000, back], ['wait 500']],
  [
    'back: who was asked to wait does so',
    [...watching, ...many, refused(503, { retryAfterMs: 7000 }), 1_000, back],
    ['wait 6000'],
  ],
  [
    'a change after failures',
    [...watching, reset, reset, waited, put('a', '11')],
    ['recovered', 'put a'],
  ],
  ['a quiet watch after failures', [...watching, reset, waited, 15_000, tick], ['recovered']],
  ['a watch too young to trust', [...watching, reset, waited, 500, tick], []],
] as [string, (ReflectEvent | number)[], string[]][]) {
  test(`keeping a copy: ${name}`, () => assert.deepEqual(play(events).told, expected))
}

test('failures in a row wait longer each time, up to half a minute, and never end', () => {
  const waits = [1, 2, 3, 5, 8, 9, 1000].map((failures) => backoffMs(failures, 1))
  assert.deepEqual(waits, [200, 400, 800, 3200, 25_600, 30_000, 30_000])
  assert.equal(backoffMs(9, 0), 15_000)
})

test('a change ends the row of failures', () => {
  const { state } = play([...watching, reset, reset, waited, put('a', '11')])
  assert.deepEqual(play([reset], state).told, ['failed 1', 'wait 150'])
})

const said = (code: number, reason: string) =>
  JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, reason, message: 'm' } })

for (const [name, line, expected] of [
  ['added', '{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}', 'changed'],
  [
    'deleted',
    '{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
    'changed',
  ],
  ['bookmark', '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}', 'bookmark'],
  ['error', said(410, 'Expired'), 'failed'],
  ['an error without its object', '{"type":"ERROR"}', 'failed'],
  ['cut off', '{"type":"ADDED","object":{"metad', 'malformed'],
  ['no version', '{"type":"ADDED","object":{"metadata":{"name":"a"}}}', 'malformed'],
  ['no name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}', 'malformed'],
  [
    'a new word',
    '{"type":"RENAMED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
    'malformed',
  ],
  ['null', 'null', 'malformed'],
  ['a number', '7', 'malformed'],
] as const) {
  test(`a line of a watch: ${name}`, () => {
    assert.equal(readLine(line, JSON.parse).kind, expected)
  })
}

test('an error in a watch is what it says, whatever HTTP said', () => {
  const event = readLine(said(410, 'Expired'), JSON.parse)
  assert.deepEqual(event, {
    kind: 'failed',
    message: 'Expired: m',
    refusal: refusalOfEvent({ code: 410, reason: 'Expired', message: 'm' }),
  })
})
