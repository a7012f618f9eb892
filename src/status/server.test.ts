import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import type { Listener, Route } from './routes.ts'
import { openServer, type ServerOptions } from './server.ts'
import { eventText } from './streams.ts'

const ROUTES: readonly (readonly [string, Route])[] = [
  ['/', { answer: () => ({ type: 'text/html', text: '<p>' }) }],
  ['/a', { answer: async () => ({ text: 'a\n' }) }],
  ['/gone', { answer: () => ({ status: 410, text: 'gone\n' }) }],
]
const open = (routes: readonly (readonly [string, Route])[] = [], given = {}) => {
  const onError = (error: unknown) => assert.fail(String(error))
  const options: ServerOptions = {
    host: '127.0.0.1',
    port: 0,
    routes: new Map(routes),
    onError,
    ...given,
  }
  return openServer(options)
}
const ask = (port: number, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init)

for (const [path, status, text] of [
  ['/', 200, '<p>'],
  ['/a', 200, 'a\n'],
  ['/a?x=1', 200, 'a\n'],
  ['/gone', 410, 'gone\n'],
  ['/b', 404, '/ /a /gone\n'],
  ['//', 404, '/ /a /gone\n'],
  ['/constructor', 404, '/ /a /gone\n'],
  ['/%61', 404, '/ /a /gone\n'],
] as const) {
  test(`GET ${path}`, async () => {
    await using server = await open(ROUTES)
    const answer = await ask(server.port, path)
    assert.deepEqual([answer.status, await answer.text()], [status, text])
  })
}

test('only reading is answered; types are told', async () => {
  await using server = await open(ROUTES)
  assert.equal((await ask(server.port, '/a', { method: 'POST' })).status, 405)
  assert.equal((await ask(server.port, '/a', { method: 'DELETE' })).status, 405)
  const head = await ask(server.port, '/a', { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.equal(head.headers.get('content-length'), '2')
  assert.equal(head.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal((await ask(server.port, '/')).headers.get('content-type'), 'text/html')
})

test('a browser is told to load nothing from elsewhere, and to show it inside of nothing', async () => {
  await using server = await open(ROUTES)
  for (const path of ['/', '/a', '/b']) {
    const { headers } = await ask(server.port, path)
    assert.match(headers.get('content-security-policy')!, /^default-src 'none'; /)
    assert.match(headers.get('content-security-policy')!, /frame-ancestors 'none'/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cache-control'), 'no-store')
  }
})

test('a page that fails is an answer and a log line, not the end', async () => {
  const errors: unknown[] = []
  const failure = new Error('no')
  const route: Route = { answer: () => Promise.reject(failure) }
  const onError = (error: unknown) => errors.push(error)
  await using server = await open([...ROUTES, ['/bad', route]], { onError })
  const answer = await ask(server.port, '/bad')
  assert.deepEqual(
    [answer.status, await answer.text()],
    [500, 'this page failed; the log says why\n'],
  )
  assert.deepEqual(errors, [failure])
  assert.equal((await ask(server.port, '/a')).status, 200)
})

test('a port that is taken is named', async () => {
  await using server = await open()
  const again = open([], { host: '127.0.0.1', port: server.port })
  await assert.rejects(again, new RegExp(`cannot serve metrics on 127.0.0.1:${server.port}`))
})

test('an open connection does not hold up the end', async () => {
  const server = await open()
  const socket = connect(server.port, '127.0.0.1')
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  await server[Symbol.asyncDispose]()
  await closed
})

test('a page may look at what it is asked', async () => {
  const route: Route = { answer: (query) => ({ text: query.get('q') ?? 'nothing' }) }
  await using server = await open([['/echo', route]])
  const ask = async (query: string) =>
    await (await fetch(`http://127.0.0.1:${server.port}/echo${query}`)).text()
  assert.equal(await ask('?q=a%20b?&x=1'), 'a b?')
  assert.equal(await ask(''), 'nothing')
})

/** A stream whose listeners the test holds. */
function stream() {
  const listeners: Listener[] = []
  const route: Route = { stream: (listener) => void listeners.push(listener) }
  return { listeners, routes: [...ROUTES, ['/events', route]] as const }
}

test('a stream goes on until the client goes', async () => {
  const { listeners, routes } = stream()
  await using server = await open(routes)
  const client = new AbortController()
  const answer = await ask(server.port, '/events', { signal: client.signal })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream')
  const [listener] = listeners
  listener!.send('one\ntwo')
  const reader = answer.body!.getReader()
  const { value } = await reader.read()
  assert.equal(new TextDecoder().decode(value), 'data: one\ndata: two\n\n')
  assert.equal(listener!.signal.aborted, false)
  client.abort()
  await eventually(() => assert.equal(listener!.signal.aborted, true))
  listener!.send('nobody hears this')
})

test('what a stream says cannot end its field', () => {
  assert.equal(eventText('a\r\nevent: b\rc\n'), 'data: a\ndata: event: b\ndata: c\ndata: \n\n')
})

test('streams end with the server', async () => {
  const { listeners, routes } = stream()
  const server = await open(routes)
  const answer = await ask(server.port, '/events')
  await server[Symbol.asyncDispose]()
  assert.equal(listeners[0]!.signal.aborted, true)
  await answer.body?.cancel().catch(() => {})
})

test('of a stream HEAD is the head', async () => {
  const { listeners, routes } = stream()
  await using server = await open(routes)
  const answer = await ask(server.port, '/events', { method: 'HEAD' })
  assert.deepEqual([answer.status, await answer.text(), listeners.length], [200, '', 0])
})

test('a stream that fails at its start is told', async () => {
  const errors: unknown[] = []
  const route: Route = {
    stream: () => {
      throw new Error('no')
    },
  }
  await using server = await open([['/events', route]], {
    onError: (error: unknown) => errors.push(error),
  })
  await assert.rejects(ask(server.port, '/events').then((answer) => answer.text()))
  assert.equal(errors.length, 1)
})
