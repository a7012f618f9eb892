import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { refuse } from '../../test/support/fake-api-server.ts'
import { startWatching } from '../../test/support/watching.ts'
import { watchOne } from './watch-one.ts'

const SECRETS = '/api/v1/namespaces/ours/secrets'
const RESOURCE = { apiVersion: 'v1', plural: 'secrets' }
const secret = (name: string, text: string) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'ours' } },
  data: { text },
})

const start = (prepare: Parameters<typeof startWatching>[1]) =>
  startWatching<unknown>(
    ({ onChange, ...watched }) =>
      watchOne({
        ...{ ...watched, one: { resource: RESOURCE, namespace: 'ours', name: 'a' } },
        onChange: (object) => onChange((object as { data?: unknown } | undefined)?.data),
      }),
    prepare,
  )

test('that it is not there is told, too; others of its kind are nothing', async () => {
  await using one = await start((server) => server.put(SECRETS, secret('b', 'other')))
  await one.saw(undefined)
  one.server.put(SECRETS, secret('b', 'changed'))
  one.server.put(SECRETS, secret('a', 'made'))
  await one.saw(undefined, { text: 'made' })
  one.server.put(SECRETS, secret('a', 'changed'))
  await one.saw(undefined, { text: 'made' }, { text: 'changed' })
  one.server.remove(`${SECRETS}/a`)
  await one.saw(undefined, { text: 'made' }, { text: 'changed' }, undefined)
  const watched = one.server.asked.find(({ query }) => query.has('watch'))
  assert.equal(watched?.query.get('fieldSelector'), 'metadata.name=a')
})

test('what went while nobody watched is found gone by the next list', async () => {
  await using one = await start((server) => server.put(SECRETS, secret('a', 'here')))
  await one.saw({ text: 'here' })
  await one.server.stop()
  one.server.remove(`${SECRETS}/a`)
  one.server.forget()
  await one.server.start()
  await one.saw({ text: 'here' }, undefined)
})

test('a missing right is told once; when it is given all is well', async () => {
  let isRefusing = true
  await using one = await start((server) => {
    server.put(SECRETS, secret('a', 'here'))
    server.intercept = (_asked, response) => {
      if (isRefusing) refuse(response, 403, 'Forbidden', 'no')
      return isRefusing
    }
  })
  await eventually(() => assert.ok(one.server.asked.length >= 3))
  assert.equal(one.refused.length, 1)
  assert.match(one.refused[0]!, /403 Forbidden/)
  isRefusing = false
  await one.saw({ text: 'here' })
})
