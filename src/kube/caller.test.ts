import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type Asked,
  refuse,
  reply,
  startFakeApiServer,
} from '../../test/support/fake-api-server.ts'
import { describe } from '../describe.ts'
import { openAccess } from './access.ts'
import { reviewCaller } from './caller.ts'
import { openClient } from './client.ts'

const USER = {
  username: 'system:serviceaccount:monitoring:prometheus',
  uid: 'u-1',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/pod-name': ['prometheus-0'] },
}
const CALLER = { token: 'top-secret', path: '/metrics' }
const KNOWN = { status: { authenticated: true, user: USER } }

/** Answers the two questions; undefined breaks the connection. */
async function asking(...answers: (object | undefined)[]) {
  await using server = await startFakeApiServer()
  server.intercept = (_, response) => {
    const answer = answers.shift()
    if (answer) reply(response, 201, answer)
    else response.destroy()
    return true
  }
  using client = openClient(openAccess(server.url))
  const verdict = await reviewCaller(client, CALLER).catch((error: unknown) => describe(error))
  return { verdict, asked: server.asked }
}

test('who it is, and whether they may get this path', async () => {
  const { verdict, asked } = await asking(KNOWN, { status: { allowed: true } })
  assert.equal(verdict, 'allowed')
  assert.deepEqual(
    asked.map(({ method, path, body }: Asked) => [method, path, (body as { spec: object }).spec]),
    [
      ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { token: 'top-secret' }],
      [
        'POST',
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        {
          ...{ user: USER.username, uid: 'u-1', groups: USER.groups, extra: USER.extra },
          nonResourceAttributes: { path: '/metrics', verb: 'get' },
        },
      ],
    ],
  )
})

for (const [what, answers, expected] of [
  ['not known', [{ status: { authenticated: false, error: 'expired' } }], 'unknown'],
  ['no answer to that', [{ status: {} }], 'unknown'],
  ['nothing at all', [{}], 'unknown'],
  ['known, without a name', [{ status: { authenticated: true } }], 'unknown'],
  ['denied', [KNOWN, { status: { allowed: false } }], 'denied'],
  ['neither', [KNOWN, {}], 'denied'],
] as const) {
  test(`whoever is ${what} does not get it`, async () => {
    assert.equal((await asking(...answers)).verdict, expected)
  })
}

test('a kept connection that broke is no failure', async () => {
  const { verdict, asked } = await asking(KNOWN, undefined, { status: { allowed: true } })
  assert.equal(verdict, 'allowed')
  assert.equal(asked.length, 3)
})

test('what went wrong is said without the token', async () => {
  await using server = await startFakeApiServer()
  server.intercept = (_, response) => {
    refuse(response, 403, 'Forbidden', 'tokenreviews is forbidden')
    return true
  }
  using client = openClient(openAccess(server.url))
  await assert.rejects(reviewCaller(client, CALLER), (error: Error) => {
    assert.match(error.message, /tokenreviews: 403 Forbidden: tokenreviews is forbidden/)
    assert.doesNotMatch(JSON.stringify(error) + error.stack, /top-secret/)
    return true
  })
})
