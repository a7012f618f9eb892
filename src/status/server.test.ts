import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { openServer, type StatusPages } from './server.ts'

const PAGES: StatusPages = {
  metrics: async () => ({ type: 'text/x-metrics', text: 'a 1\n' }),
  unready: () => undefined,
  plan: () => '{"a":1}',
  onError: (error) => assert.fail(String(error)),
}
const open = (pages: Partial<StatusPages> = {}) =>
  openServer({ host: '', port: 0 }, { ...PAGES, ...pages })

async function get(port: number, path: string, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  const type = response.headers.get('content-type')
  return { status: response.status, type, text: await response.text() }
}

for (const [path, status, text] of [
  ['/healthz', 200, 'ok\n'],
  ['/readyz', 200, 'ok\n'],
  ['/metrics', 200, 'a 1\n'],
  ['/metrics?x=1', 200, 'a 1\n'],
  ['/plan.json', 200, '{"a":1}'],
  ['/', 404, '/metrics /healthz /readyz /plan.json\n'],
  ['//', 404, '/metrics /healthz /readyz /plan.json\n'],
] as const) {
  test(`GET ${path}`, async () => {
    await using server = await open()
    const answer = await get(server.port, path)
    assert.deepEqual([answer.status, answer.text], [status, text])
  })
}

test('it says why it is not ready, and lives nevertheless', async () => {
  await using server = await open({ unready: () => 'no pass yet', plan: () => undefined })
  assert.deepEqual((await get(server.port, '/readyz')).text, 'no pass yet\n')
  assert.equal((await get(server.port, '/readyz')).status, 503)
  assert.equal((await get(server.port, '/plan.json')).status, 503)
  assert.equal((await get(server.port, '/healthz')).status, 200)
})

test('only reading is answered; types are told', async () => {
  await using server = await open()
  assert.equal((await get(server.port, '/metrics', 'POST')).status, 405)
  assert.equal((await get(server.port, '/metrics', 'HEAD')).text, '')
  assert.equal((await get(server.port, '/metrics')).type, 'text/x-metrics')
  assert.equal((await get(server.port, '/plan.json')).type, 'application/json')
})

test('a page that fails is an answer and a log line, not the end', async () => {
  const errors: unknown[] = []
  const failure = new Error('no')
  await using server = await open({
    metrics: () => Promise.reject(failure),
    onError: (error) => errors.push(error),
  })
  assert.equal((await get(server.port, '/metrics')).status, 500)
  assert.deepEqual(errors, [failure])
  assert.equal((await get(server.port, '/healthz')).status, 200)
})

test('a port that is taken is named', async () => {
  await using server = await open()
  const again = openServer({ host: '127.0.0.1', port: server.port }, PAGES)
  await assert.rejects(again, new RegExp(`cannot serve metrics on 127.0.0.1:${server.port}`))
})

test('an open connection does not hold up the end', async () => {
  const server = await open()
  const socket = connect(server.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('connect', resolve))
  await server[Symbol.asyncDispose]()
  await closed
})
