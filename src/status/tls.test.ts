// The status server with TLS, with certificates of our own making, and with a gate.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type RequestOptions, request } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { connect as connectTls } from 'node:tls'
import { eventually } from '../../test/support/eventually.ts'
import { renewed } from '../webhook/certs.ts'
import type { Gate } from './gate.ts'
import type { Route } from './routes.ts'
import { type Certificate, openServer, type ServerOptions } from './server.ts'

const NAME = 'speaker.ours.svc'
const NOTHING = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const made = () => renewed(Date.now(), NOTHING, NAME)
const [FIRST, SECOND] = [made(), made()]
const servedWith = (data: typeof FIRST): Certificate => ({
  ...{ certificate: data['tls.crt'], key: data['tls.key'] },
})

const ROUTES = new Map<string, Route>([
  ['/a', { answer: () => ({ text: 'a\n' }) }],
  ['/open', { isOpen: true, answer: () => ({ text: 'open\n' }) }],
  ['/events', { stream: ({ send }) => send('one') }],
])

function open(given: Partial<ServerOptions> = {}) {
  const tls = { settings: { minVersion: 'TLSv1.3' }, certificate: servedWith(FIRST) } as const
  const onError = (error: unknown) => assert.fail(String(error))
  return openServer({ host: '127.0.0.1', port: 0, routes: ROUTES, tls, onError, ...given })
}

async function ask(port: number, path: string, options: RequestOptions = {}) {
  const at = { host: '127.0.0.1', port, path, servername: NAME, agent: false, ca: FIRST['ca.crt'] }
  const sent = request({ ...at, ...options })
  sent.end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode as number, text: await text(response) }
}

test('it answers with its certificate, and nothing older than it was told', async () => {
  await using server = await open()
  assert.deepEqual(await ask(server.port, '/a'), { status: 200, text: 'a\n' })
  const old = ask(server.port, '/a', { maxVersion: 'TLSv1.2' })
  await assert.rejects(old, (error: NodeJS.ErrnoException) =>
    /protocol.version/i.test(`${error.code} ${error.message}`),
  )
  await assert.rejects(ask(server.port, '/a', { ca: SECOND['ca.crt'] }))
})

test('another certificate from now on', async () => {
  await using server = await open()
  server.use(servedWith(SECOND))
  assert.equal((await ask(server.port, '/a', { ca: SECOND['ca.crt'] })).status, 200)
  await assert.rejects(ask(server.port, '/a'))
})

test('who speaks no TLS is no trouble for the next', async () => {
  await using server = await open()
  const socket = connect(server.port, '127.0.0.1')
  socket.end('GET /a HTTP/1.1\r\nhost: a\r\n\r\n')
  assert.equal(await text(socket), '')
  assert.equal((await ask(server.port, '/a')).status, 200)
})

test('who never finishes the handshake, or the head after it, is cut off', async () => {
  await using server = await open({ patienceMs: 500 })
  const silent = connect(server.port, '127.0.0.1')
  await once(silent.resume(), 'close')
  const slow = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
  slow.resume().write('GET /a HTTP/1.1\r\n')
  await once(slow, 'close')
  await eventually(async () => assert.equal((await ask(server.port, '/a')).status, 200))
})

test('answers over TLS are counted, too, and given back', async () => {
  let isShut = true
  const gate: Gate = () => (isShut ? new Promise(() => {}) : undefined)
  await using server = await open({ gate })
  const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
  socket.setEncoding('utf8').write('GET /a HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(5))
  const many = Array.from({ length: 15 }, () => {
    const one = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false })
    one.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(4))
    return one
  })
  await eventually(async () => assert.equal((await ask(server.port, '/a')).status, 503))
  isShut = false
  for (const one of [socket, ...many]) one.destroy()
  await eventually(async () => assert.equal((await ask(server.port, '/a')).status, 200))
})

test('the gate is asked about what is not open, and its answer goes out', async () => {
  const asked: unknown[] = []
  const gate: Gate = (question) => {
    asked.push(question)
    return question.authorization === 'Bearer me' ? undefined : { status: 401, text: 'who?\n' }
  }
  await using server = await open({ gate })
  assert.deepEqual(await ask(server.port, '/a'), { status: 401, text: 'who?\n' })
  assert.deepEqual(await ask(server.port, '/open'), { status: 200, text: 'open\n' })
  const headers = { authorization: 'Bearer me', host: 'x' }
  assert.deepEqual(await ask(server.port, '/a?b', { headers }), { status: 200, text: 'a\n' })
  assert.deepEqual(asked, [
    {
      path: '/a',
      authorization: undefined,
      host: `127.0.0.1:${server.port}`,
      from: '127.0.0.1',
    },
    { path: '/a', authorization: 'Bearer me', host: 'x', from: '127.0.0.1' },
  ])
  assert.equal((await ask(server.port, '/nowhere', { headers })).status, 404)
  assert.equal((await ask(server.port, '/events')).status, 401)
})

test('a stream that passes the gate begins', async () => {
  await using server = await open({ gate: async () => undefined })
  const ca = FIRST['ca.crt']
  const sent = request({
    host: '127.0.0.1',
    port: server.port,
    path: '/events',
    servername: NAME,
    ca,
  })
  sent.end()
  const [response] = await once(sent, 'response')
  const [chunk] = await once(response.setEncoding('utf8'), 'data')
  assert.equal(chunk, 'data: one\n\n')
  sent.destroy()
})

test('a gate that fails lets nobody in', async () => {
  const errors: unknown[] = []
  const gate: Gate = () => Promise.reject(new Error('no'))
  await using server = await open({ gate, onError: (error) => errors.push(error) })
  assert.equal((await ask(server.port, '/a')).status, 500)
  assert.deepEqual(errors, [new Error('no')])
})
