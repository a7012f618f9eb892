import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { describe } from '../describe.ts'
import { askLoopback } from './loopback.ts'

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const end = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port, end, [Symbol.asyncDispose]: end }
}

const asked = { path: '/plan.json', bytesMax: 1000 }

test('what a speaker answers', async () => {
  await using server = await serve(({ url }, response) => response.end(`this is ${url}, ä`))
  assert.equal(await askLoopback({ ...asked, port: server.port }), 'this is /plan.json, ä')
})

for (const [what, answer, expected] of [
  [
    'it has nothing yet',
    (_, response) => response.writeHead(503).end('there is no plan yet\n'),
    /^http:\/\/127\.0\.0\.1:\d+\/plan\.json: 503 there is no plan yet$/,
  ],
  [
    'an answer without end',
    (_, response) => response.end('x'.repeat(100_000)),
    /an answer of more than 1000 bytes$/,
  ],
  [
    'an answer that breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
      response.socket?.end()
    },
    /aborted$/,
  ],
] as readonly (readonly [string, RequestListener, RegExp])[]) {
  test(what, async () => {
    await using server = await serve(answer)
    const error = await askLoopback({ ...asked, port: server.port }).catch(describe)
    assert.match(error, expected)
  })
}

test('nobody is there', async () => {
  const { port, end } = await serve(() => {})
  await end()
  const error = await askLoopback({ ...asked, port }).catch(describe)
  assert.match(error, new RegExp(`^http://127\\.0\\.0\\.1:${port}/plan\\.json: .*ECONNREFUSED`))
})

test('nobody is there, but on the other port', async () => {
  const { port, end } = await serve(() => {})
  await end()
  await using server = await serve((_, response) => response.end('here'))
  assert.equal(await askLoopback({ ...asked, port, elsePort: server.port }), 'here')
})
