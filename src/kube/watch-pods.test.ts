import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { refuse } from '../../test/support/fake-api-server.ts'
import { startWatching } from '../../test/support/watching.ts'
import { watchPods } from './watch-pods.ts'

const PODS = '/api/v1/namespaces/ours/pods'
const LABELS = { app: 'metallb', component: 'speaker' }
const pod = (name: string, status: object, labels: object = LABELS) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ours', labels }, status },
})
const running = (podIP: string) => ({ phase: 'Running', podIP, hostIP: '10.9.9.9' })

const SELECTOR = 'app=metallb,component=speaker'
const start = (prepare: Parameters<typeof startWatching>[1]) =>
  startWatching<string>(
    ({ onChange, ...watched }) =>
      watchPods({
        ...{ ...watched, namespace: 'ours', labelSelector: SELECTOR },
        onChange: (addresses) => onChange(addresses.join()),
      }),
    prepare,
  )

test('the addresses of Pods that run, sorted, and only of those that are selected', async () => {
  await using at = await start((server) => {
    server.put(PODS, pod('b', running('10.0.0.2')))
    server.put(PODS, pod('a', running('10.0.0.1')))
    server.put(PODS, pod('starting', { phase: 'Pending', podIP: '10.0.0.3' }))
    server.put(PODS, pod('ended', { phase: 'Succeeded', podIP: '10.0.0.4' }))
    server.put(PODS, pod('another', running('10.0.0.5'), { app: 'metallb' }))
    server.put(PODS, pod('no-address-yet', { phase: 'Running' }))
    server.put(PODS, pod('of-its-host', { phase: 'Running', hostIP: '10.0.0.6' }))
  })
  await at.saw('10.0.0.1,10.0.0.2,10.0.0.6')
})

test('none is known as well: the list is empty, and told', async () => {
  await using at = await start(() => {})
  await at.saw('')
})

test('a Pod that starts, changes its address or goes is told when it does', async () => {
  await using at = await start((server) => server.put(PODS, pod('a', { phase: 'Pending' })))
  await at.saw('')
  at.server.put(PODS, pod('a', running('10.0.0.1')))
  await at.saw('', '10.0.0.1')
  at.server.put(PODS, pod('a', { ...running('10.0.0.1'), qosClass: 'Burstable' }))
  at.server.put(PODS, pod('a', running('10.0.0.2')))
  await at.saw('', '10.0.0.1', '10.0.0.2')
  at.server.remove(`${PODS}/a`)
  await at.saw('', '10.0.0.1', '10.0.0.2', '')
})

test('a missing right is told once, and what comes of it later is taken', async () => {
  let isAllowed = false
  await using at = await start((server) => {
    server.put(PODS, pod('a', running('10.0.0.1')))
    server.intercept = (_, response) => {
      if (!isAllowed) refuse(response, 403, 'Forbidden', 'pods are not yours')
      return !isAllowed
    }
  })
  await eventually(() => assert.equal(at.refused.length, 1))
  assert.match(at.refused[0]!, /pods are not yours/)
  isAllowed = true
  await at.saw('10.0.0.1')
})

test('a Pod that went while the server was away and forgot is gone', async () => {
  await using at = await start((server) => {
    server.put(PODS, pod('a', running('10.0.0.1')))
    server.put(PODS, pod('b', running('10.0.0.2')))
  })
  await at.saw('10.0.0.1,10.0.0.2')
  await at.server.stop()
  at.server.remove(`${PODS}/a`)
  at.server.forget()
  await at.server.start()
  await at.saw('10.0.0.1,10.0.0.2', '10.0.0.2')
})
