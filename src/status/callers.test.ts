import assert from 'node:assert/strict'
import test from 'node:test'
import { Callers, type Question, type Verdict } from './callers.ts'

/** An API server that knows some tokens, and what was asked of it. */
function open(verdicts: Readonly<Record<string, Verdict>> = {}) {
  const asked: Question[] = []
  const failures: unknown[] = []
  const api = { now: 0, isAway: false, successes: 0 }
  const callers = new Callers({
    ask: async (question) => {
      asked.push(question)
      if (api.isAway) throw new Error('no route')
      return verdicts[question.token] ?? 'unknown'
    },
    now: () => api.now,
    onFailure: (error) => failures.push(error),
    onSuccess: () => api.successes++,
  })
  const look = async (authorization?: string, path = '/metrics') =>
    (await callers.gate({ path, authorization, host: 'a', from: '192.0.2.1' }))?.status ?? 200
  return { api, asked, failures, callers, look }
}

for (const [what, authorization] of [
  ['no word', undefined],
  ['nothing', ''],
  ['a password', 'Basic YTpi'],
  ['an empty token', 'Bearer '],
  ['two tokens', 'Bearer a b'],
  ['no token of HTTP', 'Bearer a,b'],
] as const) {
  test(`${what} is nobody, and nobody is asked`, async () => {
    const { look, asked } = open()
    assert.equal(await look(authorization), 401)
    assert.deepEqual(asked, [])
  })
}

test('how a client is to say who it is', async () => {
  const { callers } = open()
  const answer = await callers.gate({
    ...{ path: '/', authorization: undefined, host: 'a', from: undefined },
  })
  assert.deepEqual(answer?.headers, { 'www-authenticate': 'Bearer' })
})

test('the API server says who may look', async () => {
  const { look, asked } = open({ yes: 'allowed', no: 'denied' })
  assert.equal(await look('Bearer yes'), 200)
  assert.equal(await look('bearer no'), 403)
  assert.equal(await look('Bearer other'), 401)
  assert.deepEqual(asked, [
    { token: 'yes', path: '/metrics' },
    { token: 'no', path: '/metrics' },
    { token: 'other', path: '/metrics' },
  ])
})

test('an answer is kept for its time, for its path', async () => {
  const { api, look, asked } = open({ yes: 'allowed', no: 'denied' })
  for (const [now, authorization, path, count] of [
    [0, 'Bearer yes', '/metrics', 1],
    [9_999, 'Bearer yes', '/metrics', 1],
    [9_999, 'Bearer yes', '/plan.json', 2],
    [10_000, 'Bearer yes', '/metrics', 3],
    [10_000, 'Bearer no', '/metrics', 4],
    [14_999, 'Bearer no', '/metrics', 4],
    [15_000, 'Bearer no', '/metrics', 5],
  ] as const) {
    api.now = now
    assert.equal(await look(authorization, path), authorization === 'Bearer no' ? 403 : 200)
    assert.equal(asked.length, count, `at ${now}`)
  }
})

test('without the API server: whom it allowed just now, and nobody else', async () => {
  const { api, look, failures } = open({ yes: 'allowed' })
  assert.equal(await look('Bearer yes'), 200)
  api.isAway = true
  assert.equal(await look('Bearer yes'), 200)
  assert.equal(await look('Bearer other'), 500)
  api.now = 10_000
  assert.equal(await look('Bearer yes'), 500)
  assert.deepEqual(failures, [new Error('no route'), new Error('no route')])
  api.isAway = false
  assert.equal(await look('Bearer yes'), 200)
  assert.equal(api.successes, 2)
})

test('many made-up tokens do not push out who is allowed', async () => {
  const { look, asked } = open({ yes: 'allowed' })
  await look('Bearer yes')
  for (let at = 0; at < 1000; at++) await look(`Bearer t${at}`)
  assert.equal(await look('Bearer yes'), 200)
  assert.equal(asked.length, 1001)
  // And of those that were refused only so many are remembered.
  assert.equal(await look('Bearer t999'), 401)
  assert.equal(asked.length, 1001)
  assert.equal(await look('Bearer t0'), 401)
  assert.equal(asked.length, 1002)
})

test('one question at a time for one token, four in all', async () => {
  const open = new Map<string, () => void>()
  const gate = new Callers({
    ask: ({ token }) => new Promise((resolve) => open.set(token, () => resolve('allowed'))),
    ...{ now: () => 0, onFailure: (error) => assert.fail(String(error)), onSuccess: () => {} },
  }).gate
  const answers = ['a', 'a', 'b', 'c', 'd', 'e', 'e'].map((token) =>
    gate({ path: '/', authorization: `Bearer ${token}`, host: 'a', from: 'b' }),
  )
  await new Promise(setImmediate)
  assert.deepEqual([...open.keys()], ['a', 'b', 'c', 'd'])
  open.get('a')!()
  assert.equal(await answers[0], undefined)
  await new Promise(setImmediate)
  assert.deepEqual([...open.keys()], ['a', 'b', 'c', 'd', 'e'])
  for (const done of open.values()) done()
  assert.deepEqual(await Promise.all(answers), Array(7).fill(undefined))
})
