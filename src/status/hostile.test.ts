// The status server among clients who mean no good, or are many. The test each time is that the next
// honest question is answered.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import type { Listener, Route } from './routes.ts'
import { openServer, type StatusServer } from './server.ts'

const MIB = 1024 * 1024
const LONG = 'x'.repeat(8 * MIB)
/** More than all answers together may hold. */
const HUGE = 'x'.repeat(65 * MIB)

async function open({ patienceMs = 10_000 } = {}) {
  const listeners: Listener[] = []
  const made = { answers: 0 }
  const routes = new Map<string, Route>([
    ['/healthz', { isOpen: true, answer: () => ({ text: 'ok\n' }) }],
    ['/a', { answer: () => ({ text: `a ${++made.answers}\n` }) }],
    ['/long', { answer: () => ({ text: LONG }) }],
    ['/huge', { answer: () => ({ text: HUGE }) }],
    ['/never', { answer: () => new Promise<never>(() => {}) }],
    ['/events', { stream: (listener) => void listeners.push(listener) }],
  ])
  const onError = (error: unknown) => assert.fail(String(error))
  const server = await openServer({ host: '127.0.0.1', port: 0, routes, onError, patienceMs })
  return { server, listeners, made }
}

async function connected({ port }: StatusServer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // Being cut off is what these tests are about.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function said(server: StatusServer, text: string): Promise<string> {
  const socket = await connected(server)
  socket.setEncoding('utf8').write(text)
  let got = ''
  for await (const chunk of socket) got += chunk
  return got
}

async function isAnswered({ port }: StatusServer, path = '/a') {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  assert.equal(answer.status, 200)
  await answer.text()
}

const HOST = 'HTTP/1.1\r\nhost: a\r\n'
for (const [what, text, status] of [
  ['no HTTP', '\u0016\u0003\u0001\r\n\r\n', 400],
  ['no host', 'GET /a HTTP/1.1\r\n\r\n', 400],
  ['a body', `GET /a ${HOST}content-length: 3\r\n\r\nabc`, 413],
  ['a body without a length', `GET /a ${HOST}transfer-encoding: chunked\r\n\r\n1\r\na\r\n`, 413],
  [
    'two lengths of a body',
    `GET /a ${HOST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ['another method', `POST /a ${HOST}content-length: 3\r\n\r\nabc`, 405],
  ['a long header', `GET /a ${HOST}a: ${'a'.repeat(9000)}\r\n\r\n`, 431],
  ['a long path', `GET /${'a'.repeat(9000)} ${HOST}\r\n`, 431],
  ['a line break in a header', `GET /a ${HOST}a: b\rc: d\r\n\r\n`, 400],
] as const) {
  test(`refused, and the connection with it: ${what}`, async () => {
    const { server, made } = await open()
    await using _ = server
    assert.match(await said(server, text), new RegExp(`^HTTP/1.1 ${status} `))
    assert.equal(made.answers, 0)
    await isAnswered(server)
  })
}

for (const [what, text] of [
  ['says nothing', ''],
  ['never ends the head', `GET /a ${HOST}a: `],
  ['waits for what never comes', `GET /never ${HOST}\r\n`],
  ['reads nothing', `GET /long ${HOST}\r\n`],
] as const) {
  test(`one who ${what} is cut off`, async () => {
    const { server } = await open({ patienceMs: 500 })
    await using _ = server
    const slow = await connected(server)
    slow.pause().write(text)
    if (what !== 'reads nothing') slow.resume()
    await eventually(() => isAnswered(server))
    // Of who reads nothing the end is seen by writing.
    if (what === 'reads nothing')
      await eventually(() => assert.ok(!slow.write('x') || slow.errored))
    else await once(slow, 'close')
    slow.destroy()
    await isAnswered(server)
  })
}

test('one who asks again and again without waiting keeps nobody from asking', async () => {
  const { server } = await open({ patienceMs: 500 })
  await using _ = server
  // More rounds than there are answers: each gives back what it took.
  for (let round = 0; round < 20; round++) {
    const socket = await connected(server)
    socket.resume().write(`GET /never ${HOST}\r\n`.repeat(200))
    await eventually(() => isAnswered(server))
    socket.destroy()
  }
})

test('many together take all answers there are, but not health; then there is room again', async () => {
  const { server } = await open()
  await using _ = server
  const many = await Promise.all(Array.from({ length: 16 }, () => connected(server)))
  for (const socket of many) socket.write(`GET /never ${HOST}\r\n`.repeat(4))
  await eventually(async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/a`)
    assert.deepEqual([answer.status, await answer.text()], [503, 'too much at once\n'])
  })
  await isAnswered(server, '/healthz')
  for (const socket of many) socket.destroy()
  await eventually(() => isAnswered(server))
})

test('many who read slowly hold no more than there is room for', async () => {
  const { server } = await open()
  await using _ = server
  const many = await Promise.all(Array.from({ length: 16 }, () => connected(server)))
  for (const socket of many) socket.pause().write(`GET /long ${HOST}\r\n`)
  await eventually(async () => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/long`)
    assert.deepEqual([answer.status, await answer.text()], [503, 'too much at once\n'])
  })
  await isAnswered(server, '/healthz')
  for (const socket of many) socket.destroy()
  await eventually(() => isAnswered(server, '/long'))
})

test('one answer alone may be larger than that', async () => {
  const { server } = await open()
  await using _ = server
  await isAnswered(server, '/huge')
  await eventually(() => isAnswered(server, '/huge'))
})

test('one address has a part of the connections', async () => {
  const { server } = await open()
  await using _ = server
  const many = await Promise.all(Array.from({ length: 64 }, () => connected(server)))
  const one = await connected(server)
  await once(one, 'close')
  many[0]!.destroy()
  await eventually(() => isAnswered(server))
  for (const socket of many) socket.destroy()
})

test('streams are of a number; one that ended makes room', async () => {
  const { server, listeners } = await open()
  await using _ = server
  const clients = await Promise.all(Array.from({ length: 32 }, () => connected(server)))
  for (const client of clients) client.write(`GET /events ${HOST}\r\n`)
  await eventually(() => assert.equal(listeners.length, 32))
  const answer = await fetch(`http://127.0.0.1:${server.port}/events`)
  assert.equal(answer.status, 503)
  assert.equal(await answer.text(), 'too many listen already\n')
  await isAnswered(server)
  clients[0]!.destroy()
  await eventually(async () => {
    const end = new AbortController()
    const { signal } = end
    const next = await fetch(`http://127.0.0.1:${server.port}/events`, { signal })
    end.abort()
    assert.equal(next.status, 200)
  })
  for (const client of clients) client.destroy()
})

test('one who listens and does not read is let go', async () => {
  const { server, listeners } = await open()
  await using _ = server
  const client = await connected(server)
  client.pause().write(`GET /events ${HOST}\r\n`)
  await eventually(() => assert.equal(listeners.length, 1))
  const [listener] = listeners
  for (let sent = 0; sent < 64 && !listener!.signal.aborted; sent++) {
    listener!.send('x'.repeat(MIB))
    await new Promise(setImmediate)
  }
  assert.equal(listener!.signal.aborted, true)
  client.destroy()
  await isAnswered(server)
})

test('a silent stream is not cut off', async () => {
  const { server, listeners } = await open({ patienceMs: 100 })
  await using _ = server
  const answer = await fetch(`http://127.0.0.1:${server.port}/events`)
  // Whoever came later and waits for an answer is.
  const later = await connected(server)
  later.resume().write(`GET /never ${HOST}\r\n`)
  await once(later, 'close')
  listeners[0]!.send('still here')
  const { value } = await answer.body!.getReader().read()
  assert.equal(new TextDecoder().decode(value), 'data: still here\n\n')
})
