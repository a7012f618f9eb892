import assert from 'node:assert/strict'
import test from 'node:test'
import { bgpAd, node, peer, pool, service, slice, world } from '../../test/support/build.ts'
import { planController } from '../reconciler/controller.ts'
import { planSpeaker } from '../reconciler/speaker.ts'
import * as catalogue from './catalogue.ts'
import { Metrics } from './record.ts'
import * as sessions from './session-catalogue.ts'

/** Series and values, without comments, histograms and what the process uses. */
async function series(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => /^\w/.test(line) && !/^(?:process|ferrule_\w+_seconds)_/.test(line))
}

const web = service('web', { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] })

test('what the controller planned is counted when somebody asks', async () => {
  const metrics = new Metrics({ controller: true })
  const given = world([pool('p', ['192.0.2.0/30', '2001:db8::/64']), web])
  metrics.recordController(planController(given))
  metrics.recordChanges(2)
  metrics.recordPass(0.003, given.problems)
  assert.deepEqual(await series(metrics), [
    'metallb_k8s_client_updates_total 2',
    'metallb_k8s_client_update_errors_total 0',
    'metallb_k8s_client_config_loaded_bool 1',
    'metallb_k8s_client_config_stale_bool 0',
    'ferrule_leader_bool 1',
    `metallb_allocator_addresses_total{pool="p"} ${Number(2n ** 63n + 3n)}`,
    'metallb_allocator_ipv4_addresses_total{pool="p"} 4',
    `metallb_allocator_ipv6_addresses_total{pool="p"} ${Number(2n ** 63n - 1n)}`,
    'metallb_allocator_addresses_in_use_total{pool="p"} 1',
    'metallb_allocator_ipv4_addresses_in_use_total{pool="p"} 1',
    'metallb_allocator_ipv6_addresses_in_use_total{pool="p"} 0',
    'metallb_allocator_services_allocated_total{pool="p"} 1',
    'ferrule_services_with_address 1',
  ])
})

test('a pool that is gone takes its series along', async () => {
  const metrics = new Metrics({ controller: true })
  metrics.recordController(planController(world([pool('p', ['192.0.2.0/30'])])))
  assert.match(await metrics.text(), /pool="p"/)
  metrics.recordController(planController(world([])))
  assert.doesNotMatch(await metrics.text(), /pool="p"/)
})

test('Services that wait for an address are counted by the reason why', async () => {
  const metrics = new Metrics({ controller: true })
  const more = ['a', 'b', 'c'].map((name) => service(name, { clusterIP: '10.96.0.1' }))
  const foreign = service('foreign', { clusterIP: '10.96.0.1', loadBalancerClass: 'other' })
  const plain = service('plain', { clusterIP: '10.96.0.1', type: 'ClusterIP' })
  const all = [...more, foreign, plain]
  metrics.recordController(planController(world([pool('p', ['192.0.2.1/32']), ...all])))
  const lines = await series(metrics)
  assert.ok(lines.includes('ferrule_services_with_address 1'), lines.join('\n'))
  assert.deepEqual(
    lines.filter((line) => line.includes('pending')),
    ['ferrule_services_pending{reason="noPoolFits"} 2'],
  )
})

test('a controller that stands by tells nothing that the leader tells', async () => {
  const metrics = new Metrics({ controller: true })
  metrics.recordController(planController(world([pool('p', ['192.0.2.0/30']), web])))
  metrics.observeLeadership(() => false)
  const lines = await series(metrics)
  assert.ok(lines.includes('ferrule_leader_bool 0'))
  assert.deepEqual(
    lines.filter((line) => /allocator|services/.test(line)),
    [],
  )
})

test('requests, and events with what became of them', async () => {
  const metrics = new Metrics({ controller: true })
  metrics.observeApi({
    requests: new Map(Object.entries({ 'GET nodes 200': 5, 'PATCH services/status error': 2 })),
    events: () => ({ sent: 3, dropped: 2, lost: 1 }),
  })
  assert.deepEqual(
    (await series(metrics)).filter((line) => /api|events/.test(line)),
    [
      'ferrule_api_requests_total{method="GET",resource="nodes",code="200"} 5',
      'ferrule_api_requests_total{method="PATCH",resource="services/status",code="error"} 2',
      'ferrule_events_total{result="sent"} 3',
      'ferrule_events_total{result="dropped"} 2',
      'ferrule_events_total{result="lost"} 1',
    ],
  )
})

test('each address that is announced is a series; refusals and problems are seen', async () => {
  const metrics = new Metrics({ speaker: true })
  const served = service('web', { clusterIP: '10.96.0.1' }, { ips: ['192.0.2.1'] })
  const given = world([
    ...[pool('p', ['192.0.2.0/30']), bgpAd('a'), peer('tor'), node('n1'), served],
    slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ])
  const speaker = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }
  metrics.recordSpeaker(planSpeaker({ ...given, ...speaker }), { isRefused: true })
  const problem = { kind: 'BGPPeer', namespace: '', name: '', path: '', code: '', message: '' }
  metrics.recordPass(1, [problem, problem])
  metrics.recordFailure()
  const lines = await series(metrics)
  for (const line of [
    'metallb_speaker_announced{service="default/web",protocol="bgp",node="n1",ip="192.0.2.1"} 1',
    'ferrule_speaker_services{protocol="bgp",decision="announced"} 1',
    'ferrule_frr_refused_bool 1',
    'ferrule_problems{kind="BGPPeer"} 2',
    'metallb_k8s_client_config_stale_bool 1',
    'metallb_k8s_client_update_errors_total 1',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`)
  }
  assert.match(await metrics.text(), /ferrule_pass_duration_seconds_count 1/)
})

test('nothing of the catalogue is missing where both roles run', async () => {
  const text = await new Metrics({ controller: true, speaker: true }).text()
  for (const { name, type } of Object.values({ ...catalogue, ...sessions }).flatMap((one) =>
    Object.values(one),
  )) {
    assert.match(text, new RegExp(`^# TYPE ${name} ${type}$`, 'm'))
  }
})
