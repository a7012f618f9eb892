// Which of a role's ports tells what to whom. That the API server's word counts is in test/kube.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as requestPlain } from 'node:http'
import { request } from 'node:https'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { reply, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { freePort } from '../../test/support/free-port.ts'
import { openAccess } from '../kube/access.ts'
import { openClient } from '../kube/client.ts'
import { openLog } from '../log.ts'
import type { Route } from '../status/routes.ts'
import { onlyFlags, UsageError } from './flags.ts'
import { openListeners, tlsOf } from './listening.ts'
import { listening, shared } from './role-flags.ts'

const ROUTES = new Map<string, Route>([
  ['/metrics', { answer: () => ({ text: 'm' }) }],
  ['/plan.json', { answer: () => ({ text: 'p' }) }],
  ['/healthz', { isOpen: true, answer: () => ({ text: 'h' }) }],
])
const FLAGS = { ...shared, ...listening }

async function open(role: 'controller' | 'speaker' | 'of a folder', host = '') {
  const stack = new AsyncDisposableStack()
  const api = stack.use(await startFakeApiServer())
  api.intercept = ({ body }, response) => {
    const { kind, spec } = body as { kind: string; spec: { token?: string; user?: string } }
    const user = { username: spec.token }
    const isTokenReview = kind === 'TokenReview'
    const status = isTokenReview ? { authenticated: true, user } : { allowed: spec.user === 'yes' }
    reply(response, 201, { status })
    return true
  }
  const ports = { https: await freePort(), plain: await freePort(), health: await freePort() }
  const args = Object.entries({
    ...{ port: ports.https, host },
    ...{ 'metrics-plain-port': ports.plain, 'health-probe-port': ports.health },
  }).map(([name, value]) => `--${name}=${value}`)
  const flags = onlyFlags(FLAGS, args, {})
  const client = stack.use(openClient(openAccess(api.url)))
  const cluster = role === 'of a folder' ? undefined : { client, flags, tls: tlsOf(flags), role }
  stack.use(await openListeners({ flags, routes: ROUTES, log: openLog('none'), cluster }))
  return { ports, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const PATHS = ['/metrics', '/plan.json', '/healthz'] as const

/** Statuses of the three pages; 0 where nobody answers. */
const plain = (port: number, host = '127.0.0.1') =>
  Promise.all(
    PATHS.map((path) =>
      fetch(`http://${host}:${port}${path}`).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  )

async function secured(port: number, token?: string): Promise<number[]> {
  const statuses: number[] = []
  for (const path of PATHS) {
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    const at = { host: '127.0.0.1', port, path, headers, agent: false, rejectUnauthorized: false }
    const sent = request(at).end()
    const [response] = await once(sent, 'response')
    await text(response)
    statuses.push(response.statusCode)
  }
  return statuses
}

test('over a folder all is plain, on one port', async () => {
  await using role = await open('of a folder')
  assert.deepEqual(await plain(role.ports.https), [200, 200, 200])
  assert.deepEqual(await plain(role.ports.plain), [0, 0, 0])
  assert.deepEqual(await plain(role.ports.health), [0, 0, 0])
})

test('what listens on loopback is not for a page that another name led here', async () => {
  await using role = await open('of a folder')
  const headers = { host: 'evil.example' }
  const at = { host: '127.0.0.1', port: role.ports.https, path: '/plan.json', headers }
  const [response] = await once(requestPlain({ ...at, agent: false }).end(), 'response')
  assert.equal(response.resume().statusCode, 403)
})

for (const role of ['speaker', 'controller'] as const) {
  test(`a ${role} in a cluster`, async () => {
    await using opened = await open(role)
    const { https, plain: open7472, health } = opened.ports
    assert.deepEqual(await secured(https), [401, 401, 200])
    assert.deepEqual(await secured(https, 'no'), [403, 403, 200])
    assert.deepEqual(await secured(https, 'yes'), [200, 200, 200])
    assert.deepEqual(await plain(https), [0, 0, 0])
    assert.deepEqual(await plain(open7472), [200, 404, 200])
    assert.deepEqual(await plain(health), [200, 200, 200])
  })
}

const address = Object.values(networkInterfaces())
  .flatMap((one) => one ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const reachable = { skip: address ? false : 'this machine has no address but loopback' }

test(
  'from elsewhere: health of a controller and no more, of a speaker nothing',
  reachable,
  async () => {
    await using controller = await open('controller')
    assert.deepEqual(await plain(controller.ports.health, address), [403, 403, 200])
    assert.deepEqual(await plain(controller.ports.plain, address), [0, 0, 0])
    await using speaker = await open('speaker', address)
    assert.deepEqual(await plain(speaker.ports.health, address), [0, 0, 0])
    assert.deepEqual(await plain(speaker.ports.plain, address), [200, 404, 200])
  },
)

for (const [flag, message] of [
  ['--tls-min-version=1.2', /--tls-min-version/],
  ['--tls-cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA', /--tls-cipher-suites/],
  ['--tls-curve-preferences=x', /--tls-curve-preferences/],
] as const) {
  test(`${flag} is refused`, () => {
    assert.throws(() => tlsOf(onlyFlags(FLAGS, [flag], {})), {
      name: UsageError.name,
      message,
    })
  })
}
