// Over real TLS on loopback, with certificates of our own making.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type RequestOptions, request } from 'node:https'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { type CertificateData, renewed, type ServingCertificate } from './certs.ts'
import { openWebhook, unverified, type Webhook, type WebhookHandlers } from './server.ts'
import type { TlsSettings } from './tls-settings.ts'

const NAME = 'metallb-webhook-service.metallb-system.svc'
const NOTHING: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const DAY = 86_400_000
const PATH = '/validate-metallb-io-v1beta2-bgppeer'

function servingWith(data: CertificateData) {
  const certificate = { certificate: data['tls.crt'], key: data['tls.key'] }
  return { ...certificate, caBundle: data['ca.crt'] } satisfies ServingCertificate
}
const now = Date.now()
const DATA = renewed(now, NOTHING, NAME)
const FIRST = servingWith(DATA)
// A year on only the server certificate is due; the authority is the same.
const SECOND = servingWith(renewed(now, { ...DATA, 'tls.crt': '' }, NAME))
const STRANGER = servingWith(renewed(now, NOTHING, NAME))

const failures: unknown[] = []
const HANDLERS: WebhookHandlers = {
  review: (body) => {
    if (body === 'broken') throw new Error('broken')
    return body === 'bad' ? { refused: 'this is bad' } : { reviewed: body }
  },
  convert: (body) => ({ converted: JSON.stringify(body).length }),
  onError: (error) => failures.push(error),
}

const TLS: TlsSettings = { minVersion: 'TLSv1.3' }
const open = (certificate = FIRST, tls = TLS) =>
  openWebhook({ host: '127.0.0.1', port: 0, tls, certificate }, HANDLERS)

let webhook: Webhook
before(async () => {
  webhook = await open()
})
after(() => webhook[Symbol.asyncDispose]())

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly type: string | undefined
}

/** As the API server does: by address, asking for the name of the Service. */
async function call(path: string, body: string, options: RequestOptions = {}): Promise<Answer> {
  const { port } = webhook
  const tls = { ca: FIRST.caBundle, servername: NAME }
  const sent = request({ host: '127.0.0.1', port, path, method: 'POST', ...tls, ...options })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const type = response.headers['content-type']
  return { status: response.statusCode, text: Buffer.concat(chunks).toString(), type }
}

for (const kind of [
  'v1beta2-bgppeer',
  'v1beta1-ipaddresspool',
  'v1beta1-addresspool',
  'v1beta1-bgpadvertisement',
  'v1beta1-l2advertisement',
  'v1beta1-community',
  'v1beta1-bfdprofile',
]) {
  test(`a review of ${kind}`, async () => {
    assert.deepEqual(await call(`/validate-metallb-io-${kind}?timeout=10s`, '{"a":1}'), {
      status: 200,
      text: '{"reviewed":{"a":1}}',
      type: 'application/json',
    })
  })
}

const LONG = 8 * 1024 * 1024 + 1

test('a conversion may be long', async () => {
  const long = JSON.stringify('x'.repeat(LONG))
  assert.equal((await call('/convert', long)).text, `{"converted":${long.length}}`)
})

for (const [what, headers] of [
  ['says so', { 'content-length': String(LONG) }],
  ['does not say so', { 'transfer-encoding': 'chunked' }],
] as const) {
  test(`a review may not be long: one that ${what}`, async () => {
    const at = { host: '127.0.0.1', port: webhook.port, ca: FIRST.caBundle, servername: NAME }
    const sent = request({ ...at, path: PATH, method: 'POST', headers })
    if ('transfer-encoding' in headers) sent.write('x'.repeat(LONG))
    else sent.flushHeaders()
    const [response] = await once(sent, 'response')
    assert.equal(response.statusCode, 413)
    assert.equal(response.headers.connection, 'close')
    sent.destroy()
  })
}

for (const [what, answer, status, text] of [
  ['no such path', () => call('/other', '{}'), 404, /no webhook here/],
  ['another method', () => call(PATH, '', { method: 'GET' }), 405, /only POST/],
  ['no JSON', () => call(PATH, '{'), 400, /not JSON/],
  ['no review', () => call(PATH, '"bad"'), 400, /^this is bad\n$/],
] as const) {
  test(`refused: ${what}`, async () => {
    const { status: got, text: said } = await answer()
    assert.equal(got, status)
    assert.match(said, text)
  })
}

test('a handler that throws: 500, and the reason is handed up', async () => {
  const { status, text } = await call(PATH, '"broken"')
  assert.equal(status, 500)
  assert.doesNotMatch(text, /broken/)
  assert.deepEqual(failures.splice(0), [new Error('broken')])
})

async function handshake(options: object): Promise<TLSSocket> {
  const { port } = webhook
  const tls = { ca: FIRST.caBundle, servername: NAME }
  const socket = connectTls({ host: '127.0.0.1', port, ...tls, ...options })
  await once(socket, 'secureConnect')
  return socket
}

test('TLS 1.3 and nothing older', async () => {
  const socket = await handshake({})
  assert.equal(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
  await assert.rejects(handshake({ maxVersion: 'TLSv1.2' }), { code: /PROTOCOL_VERSION/ })
})

test('who asks for another name, or knows another authority, is not content', async () => {
  await assert.rejects(handshake({ servername: 'other.svc' }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  await assert.rejects(handshake({ ca: STRANGER.caBundle }), { code: /SIGNATURE|LEAF|ISSUER/ })
})

test('a client that speaks no TLS is no trouble for the next', async () => {
  const socket = connect({ host: '127.0.0.1', port: webhook.port })
  socket.end('GET / HTTP/1.0\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  assert.equal((await call(PATH, '1')).status, 200)
})

test('another certificate while connections stand', async () => {
  using agent = disposable(new Agent({ keepAlive: true, maxSockets: 1 }))
  const standing = { agent: agent.value }
  const seenBy = async () => {
    const socket = await handshake({})
    const pem = socket.getPeerX509Certificate()?.toString()
    socket.destroy()
    return pem
  }
  assert.equal((await call(PATH, '1', standing)).status, 200)
  assert.equal(await seenBy(), FIRST.certificate)
  webhook.use(SECOND)
  assert.equal(await seenBy(), SECOND.certificate)
  assert.equal((await call(PATH, '2', standing)).text, '{"reviewed":2}')
  webhook.use(FIRST)
  assert.equal(await seenBy(), FIRST.certificate)
})

function disposable(value: Agent) {
  return { value, [Symbol.dispose]: () => value.destroy() }
}

for (const [what, certificate, at, expected] of [
  ['good', FIRST, now, undefined],
  [
    'of another authority',
    { ...FIRST, caBundle: STRANGER.caBundle },
    now,
    'the webhook certificate is not signed by the authority made known',
  ],
  [
    'of one of two authorities',
    { ...FIRST, caBundle: STRANGER.caBundle + FIRST.caBundle },
    now,
    undefined,
  ],
  ['expired', FIRST, now + 366 * DAY, 'the webhook certificate is not good at this time'],
  ['with no authority', { ...FIRST, caBundle: '' }, now, /not signed/],
  ['of an authority that only others know', { ...FIRST, caBundle: undefined }, now, undefined],
] as const) {
  test(`ready with a certificate that is ${what}`, () => {
    const said = unverified(certificate, { now: at, dnsName: NAME })
    if (expected instanceof RegExp) assert.match(said ?? '', expected)
    else assert.equal(said, expected)
  })
}

test('ready for the name it is asked by, and no other', () => {
  assert.equal(webhook.unready(now, NAME), undefined)
  assert.match(webhook.unready(now, 'x.svc') ?? '', /not for x\.svc/)
})

test('older TLS by wish, with the suites that were chosen', async () => {
  const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384'
  await using old = await open(FIRST, { minVersion: 'TLSv1.2', ciphers })
  const socket = await handshake({ port: old.port, maxVersion: 'TLSv1.2' })
  assert.equal(socket.getProtocol(), 'TLSv1.2')
  assert.equal(socket.getCipher().name, ciphers)
  socket.destroy()
})

test('a port that is taken', async () => {
  const options = { host: '127.0.0.1', port: webhook.port, tls: TLS, certificate: FIRST }
  await assert.rejects(openWebhook(options, HANDLERS), /cannot serve webhooks on port/)
})
