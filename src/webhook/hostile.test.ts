// The webhook among clients who mean no good, or are many: whoever reaches its port may ask. The test
// each time is that the next honest question is answered.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type RequestOptions, request } from 'node:https'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { eventually } from '../../test/support/eventually.ts'
import { renewed } from './certs.ts'
import { convert } from './convert.ts'
import { review, type Standing } from './review.ts'
import { openWebhook, type Webhook } from './server.ts'

const NAME = 'hook.ours.svc'
const PATH = '/validate-metallb-io-v1beta2-bgppeer'
const MIB = 1024 * 1024
const data = renewed(Date.now(), { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }, NAME)
const failures: unknown[] = []

let webhook: Webhook
/** Cuts off soon, for those tests that wait for it. */
let impatient: Webhook
before(async () => {
  webhook = await open()
  impatient = await open(500)
})
after(async () => {
  await webhook[Symbol.asyncDispose]()
  await impatient[Symbol.asyncDispose]()
})

function open(requestMs?: number): Promise<Webhook> {
  const certificate = { certificate: data['tls.crt'], key: data['tls.key'] }
  const tls = { minVersion: 'TLSv1.3' } as const
  const options = { host: '127.0.0.1', port: 0, tls, certificate }
  return openWebhook(requestMs === undefined ? options : { ...options, requestMs }, {
    review: (body) => review(body, { objects: { problems: [] } } as unknown as Standing),
    convert,
    onError: (error) => failures.push(error),
  })
}

const at = ({ port } = webhook) => ({
  ...{ host: '127.0.0.1', port, ca: data['ca.crt'], servername: NAME },
})

async function ask(path: string, body: string, options: RequestOptions = {}) {
  const sent = request({ ...at(), method: 'POST', path, agent: false, ...options })
  sent.end(body)
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  return response.statusCode as number
}

/** One that is wrong, in a way that is answered without looking at anything. */
const isAnswered = async () => assert.equal(await ask(PATH, '{}'), 400)
/** Busy, the machine may be slower than that one's patience. */
const isAnsweredThere = () =>
  eventually(async () => assert.equal(await ask(PATH, '{}', at(impatient)), 400))

for (const [what, body] of [
  ['nothing', ''],
  ['no JSON', '\u0000\u0001'],
  ['arrays in arrays', '['.repeat(200_000) + ']'.repeat(200_000)],
  ['objects in objects', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
  ['a review of depth', `{"request":${'{"object":'.repeat(50_000)}1${'}'.repeat(50_000)}}`],
  ['a prototype', '{"__proto__":{"request":{}},"constructor":{"prototype":{}}}'],
  ['a number without end', '9'.repeat(MIB)],
  ['half a character', '"\ud800"'],
] as const) {
  for (const path of [PATH, '/convert']) {
    test(`${what} to ${path}`, async () => {
      assert.equal(await ask(path, body), 400)
      assert.deepEqual(failures.splice(0), [])
      await isAnswered()
    })
  }
}

test('one who connects and says nothing is cut off', async () => {
  const silent = connect({ host: '127.0.0.1', port: impatient.port })
  await once(silent, 'connect')
  await once(silent, 'close')
  await isAnsweredThere()
})

for (const [what, text] of [
  ['the head', `POST ${PATH} HTTP/1.1\r\nhost: a\r\n`],
  ['the body', `POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{`],
] as const) {
  test(`one who never finishes ${what} is cut off`, async () => {
    const slow = connectTls(at(impatient))
    await once(slow, 'secureConnect')
    slow.write(text)
    slow.resume()
    await isAnsweredThere()
    await once(slow, 'close')
    await isAnsweredThere()
    assert.deepEqual(failures, [])
  })
}

test('one who leaves in the middle is nobody to answer', async () => {
  const gone = request({ ...at(), method: 'POST', path: PATH, agent: false })
  gone.on('error', () => {})
  gone.write('{"request":')
  await once(gone, 'socket')
  gone.destroy()
  await isAnswered()
  assert.deepEqual(failures, [])
})

test('many bodies at once are too much, and then there is room again', async () => {
  // Each is long enough to be read, and none is finished: together they are more than we keep.
  const open = Array.from({ length: 16 }, () => {
    const one = request({ ...at(), method: 'POST', path: '/convert', agent: false })
    const answered = once(one, 'response').then(
      ([response]) => response.statusCode as number,
      () => 0,
    )
    one.write('['.repeat(8 * MIB - 1))
    return { one, answered }
  })
  const first = await Promise.race(open.map(({ answered }) => answered))
  assert.ok([503, 0].includes(first), `${first}`)
  for (const { one } of open) one.destroy()
  await eventually(async () => assert.equal(await ask('/convert', ' '.repeat(40 * MIB)), 400))
})

test('a thousand reviews, fifty at a time', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const asked = Array.from({ length: 1000 }, () => ask(PATH, '{}', { agent }))
  assert.deepEqual([...new Set(await Promise.all(asked))], [400])
  agent.destroy()
  assert.deepEqual(failures, [])
})
