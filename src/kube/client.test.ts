import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import test from 'node:test'
import { refuse, reply, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { describe } from '../describe.ts'
import { type Access, openAccess } from './access.ts'
import { ApiError } from './api-error.ts'
import { openClient } from './client.ts'

const TOKEN = 'Bearer top-secret'

const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => assert.fail('it succeeded'),
    (error: Error) => error,
  )

test('a refusal says what was asked and what the server said, and holds no token', async () => {
  await using server = await startFakeApiServer()
  server.intercept = (_, response) => {
    refuse(response, 403, 'Forbidden', 'services is forbidden', { 'retry-after': '3' })
    return true
  }
  using client = openClient(openAccess(server.url, { authorization: TOKEN }))
  const error = await failureOf(client.request({ path: '/api/v1/services' }))
  assert.ok(error instanceof ApiError)
  assert.equal(error.message, 'GET /api/v1/services: 403 Forbidden: services is forbidden')
  assert.deepEqual([error.status, error.reason, error.retryAfterMs], [403, 'Forbidden', 3000])
  assert.equal(server.asked[0]?.headers.authorization, TOKEN)
  assert.doesNotMatch(JSON.stringify(error) + error.stack, /top-secret/)
})

for (const [name, body, expected] of [
  ['an error page of a proxy', '<html>nobody home</html>', /502 Unknown: <html>nobody home/],
  ['nothing', '', /502 Unknown$/],
] as const) {
  test(`an answer that is no Status: ${name}`, async () => {
    await using server = await startFakeApiServer()
    server.intercept = (_, response) => {
      response.writeHead(502).end(body)
      return true
    }
    using client = openClient(openAccess(server.url))
    assert.match((await failureOf(client.request({ path: '/x' }))).message, expected)
  })
}

test('text that is no JSON is not quoted: it may be a Secret', async () => {
  await using server = await startFakeApiServer()
  server.intercept = (_, response) => {
    response.writeHead(200).end('{"data": top-secret')
    return true
  }
  using client = openClient(openAccess(server.url))
  const error = await failureOf(client.request({ path: '/x' }))
  assert.equal(describe(error), 'GET /x: the answer is no JSON')
})

test('a server that does not answer is given up', async () => {
  await using server = await startFakeApiServer()
  server.intercept = () => true
  using client = openClient(openAccess(server.url))
  const error = await failureOf(client.request({ path: '/x', timeoutMs: 20 }))
  assert.equal(describe(error), 'GET /x: no answer within 0.02 s')
  const lines = client.lines({ path: '/y', timeoutMs: 20 })
  assert.match(describe(await failureOf(lines.next())), /GET \/y: no answer within 0.02 s/)
})

test('numbers beyond 2^53 come and go exactly', async () => {
  await using server = await startFakeApiServer()
  const large = 2n ** 63n - 1n
  server.intercept = ({ body }, response) => {
    reply(response, 200, body)
    return true
  }
  using client = openClient(openAccess(server.url))
  const body = { large, small: 7, text: '9223372036854775807' }
  const answer = await client.request({ method: 'PUT', path: '/x', body, exact: true })
  assert.deepEqual(answer, body)
})

test('a path may stand below that of the server', async () => {
  await using server = await startFakeApiServer()
  server.intercept = (_, response) => {
    reply(response, 200, {})
    return true
  }
  using client = openClient(openAccess(`${server.url}/k8s/clusters/c-1/`))
  await client.request({ path: '/api/v1/nodes', query: { limit: 5, continue: undefined } })
  const [asked] = server.asked
  assert.equal(`${asked?.path}?${asked?.query}`, '/k8s/clusters/c-1/api/v1/nodes?limit=5')
})

test('who is not known any more is asked for new credentials', async () => {
  await using server = await startFakeApiServer()
  server.intercept = ({ headers }, response) => {
    if (headers.authorization === 'Bearer 2') reply(response, 200, {})
    else refuse(response, 401, 'Unauthorized', '')
    return true
  }
  let token = 1
  const access: Access = {
    server: new URL(server.url),
    credentials: async () => ({ headers: { authorization: `Bearer ${token}` }, tls: {} }),
    forget: () => {
      token++
    },
  }
  using client = openClient(access)
  assert.match((await failureOf(client.request({ path: '/x' }))).message, /401 Unauthorized/)
  assert.deepEqual(await client.request({ path: '/x' }), {})
})

test('requests are counted by their outcome', async () => {
  const server = await startFakeApiServer()
  using client = openClient(openAccess(server.url))
  await client.request({ path: '/api/v1/nodes' })
  await failureOf(client.request({ method: 'DELETE', path: '/api/v1/nodes/n1' }))
  await server.stop()
  await failureOf(client.request({ path: '/api/v1/nodes' }))
  assert.deepEqual(Object.fromEntries(client.requests), {
    'GET nodes 200': 1,
    'DELETE nodes 404': 1,
    'GET nodes error': 1,
  })
})

test('that a server is back is told once, after nobody answered', async () => {
  await using server = await startFakeApiServer()
  using client = openClient(openAccess(server.url))
  let told = 0
  const forget = client.onBack(() => told++)
  const ask = () => client.request({ path: '/api/v1/nodes' })
  await ask()
  await failureOf(client.request({ path: '/api/v1/nodes/n1' }))
  const stop = AbortSignal.abort()
  await failureOf(client.request({ path: '/api/v1/nodes', signal: stop }))
  await ask()
  assert.equal(told, 0, 'a refusal is an answer, and who asked no more was not let down')
  await server.stop()
  for (let times = 0; times < 2; times++) await failureOf(ask())
  await server.start()
  for (let times = 0; times < 2; times++) await ask()
  assert.equal(told, 1)
  forget()
  await server.stop()
  await failureOf(ask())
  await server.start()
  await ask()
  assert.equal(told, 1)
})

test('a connection that does not come about is given up before an answer would be', async (t) => {
  // It listens, but nobody shakes hands.
  const deaf = createTcpServer()
  t.after(() => deaf.close())
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  const { port } = deaf.address() as AddressInfo
  using client = openClient(openAccess(`https://127.0.0.1:${port}`))
  const error = await failureOf(client.request({ path: '/x', connectMs: 20 }))
  assert.equal(describe(error), 'GET /x: no connection within 0.02 s')
})

/** Writes these pieces, one packet each, and ends. */
async function streamOf(pieces: readonly (string | Buffer)[]) {
  const server = createServer(async (_, response) => {
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  using client = openClient(
    openAccess(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
  const found: string[] = []
  for await (const lines of client.lines({ path: '/' })) found.push(...lines)
  server.close()
  return found
}

const umlaut = Buffer.from('ü')
for (const [name, pieces, expected] of [
  ['one by one', ['a\n', 'b\n'], ['a', 'b']],
  ['together', ['a\nb\nc\n'], ['a', 'b', 'c']],
  ['in pieces', ['a', 'b', 'c\nd', '\n'], ['abc', 'd']],
  ['a character in two', [umlaut.subarray(0, 1), umlaut.subarray(1), '\n'], ['ü']],
  ['empty ones', ['\n\na\n\n'], ['a']],
  ['the last one cut off', ['a\nb'], ['a']],
  ['none', [], []],
] as const) {
  test(`lines of an answer: ${name}`, async () =>
    assert.deepEqual(await streamOf(pieces), expected))
}
