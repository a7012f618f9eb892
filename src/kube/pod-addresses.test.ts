import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { refuse, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { watchPodAddresses } from './pod-addresses.ts'

const PODS = '/api/v1/namespaces/m/pods'
const LABELS = { app: 'metallb', component: 'speaker' }

async function start() {
  const server = await startFakeApiServer()
  const put = (name: string, status: object, labels: object = LABELS) =>
    server.put(PODS, {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      ...{ metadata: { name, namespace: 'm', labels }, status },
    })
  const client = openClient(openAccess(server.url))
  const told: string[] = []
  const errors: string[] = []
  const open = () =>
    watchPodAddresses({
      ...{ client, namespace: 'm', labels: 'app=metallb,component=speaker' },
      onChange: (addresses) => told.push(addresses.join(' ')),
      onError: ({ message }) => errors.push(message),
    })
  const close = async () => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, put, told, errors, open, [Symbol.asyncDispose]: close }
}

test('addresses of the Pods with these labels, as they come, change and go', async () => {
  await using fake = await start()
  const { put, told, server } = fake
  put('b', { podIP: '10.0.0.2', phase: 'Running' })
  put('a', { podIP: '10.0.0.1' })
  put('pending', {})
  put('ended', { podIP: '10.0.0.9', phase: 'Failed' })
  put('other', { podIP: '10.0.0.8' }, { app: 'other' })
  await using _watching = fake.open()
  const expected = ['10.0.0.1 10.0.0.2']
  await eventually(() => assert.deepEqual(told, expected))
  put('pending', { podIP: '10.0.0.3' })
  expected.push('10.0.0.1 10.0.0.2 10.0.0.3')
  await eventually(() => assert.deepEqual(told, expected))
  server.remove(`${PODS}/a`)
  expected.push('10.0.0.2 10.0.0.3')
  await eventually(() => assert.deepEqual(told, expected))
  put('b', { podIP: '10.0.0.2', phase: 'Succeeded' })
  expected.push('10.0.0.3')
  await eventually(() => assert.deepEqual(told, expected))
})

test('nothing is told before all are known, also when it takes attempts; a refusal is told once', async () => {
  await using fake = await start()
  const { put, told, server, errors } = fake
  put('a', { podIP: '10.0.0.1' })
  let left = 2
  server.intercept = (_asked, response) => {
    if (left === 0) return false
    left--
    refuse(response, 403, 'Forbidden', 'no')
    return true
  }
  await using _watching = fake.open()
  await eventually(() => assert.deepEqual(told, ['10.0.0.1']))
  assert.equal(errors.length, 1)
  assert.match(errors[0]!, /^cannot read the Pods of speakers: .*403/)
})
