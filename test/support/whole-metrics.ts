// The metrics of both roles with a sample in every series: what a node and a cluster that use everything
// would tell.
import { readBfdCounters, readCounters } from '../../src/frr/sessions.ts'
import { Metrics } from '../../src/metrics/record.ts'
import { planController } from '../../src/reconciler/controller.ts'
import type { PeerSession } from '../../src/reconciler/sessions.ts'
import { planSpeaker } from '../../src/reconciler/speaker.ts'
import { bgpAd, l2Ad, node, peer, pool, service, slice, world } from './build.ts'

const POOL = pool('p', ['192.0.2.1/32', '2001:db8::/126'])
const PROBLEM = { kind: 'BGPPeer', namespace: '', name: '', path: '', code: '', message: '' }

export async function wholeMetrics(): Promise<{ controller: string; speaker: string }> {
  const [controller, speaker] = [controllerMetrics(), speakerMetrics()]
  return { controller: await controller.text(), speaker: await speaker.text() }
}

function controllerMetrics(): Metrics {
  const metrics = new Metrics({ controller: true })
  const waiting = ['a', 'b'].map((name) => service(name, { clusterIP: '10.96.0.1' }))
  metrics.recordController(planController(world([POOL, ...waiting])))
  recordShared(metrics)
  return metrics
}

function speakerMetrics(): Metrics {
  const metrics = new Metrics({ speaker: true })
  const served = service('web', { clusterIP: '10.96.0.1' }, { ips: ['192.0.2.1'] })
  const endpoints = slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }])
  const objects = [POOL, bgpAd('a'), l2Ad('b'), peer('tor'), node('n1'), served, endpoints]
  const own = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }
  metrics.recordSpeaker(planSpeaker({ ...world(objects), ...own }), { isRefused: true })
  metrics.recordApply({ seconds: 0.01, commands: 3, resets: 1, isDrift: true })
  metrics.observeLayer2({
    counters: () => [
      { address: '192.0.2.1', requests: 1, responses: 1, gratuitous: 1, conflicts: 1 },
    ],
    frames: () => ({ answered: 1 }),
    restarts: () => 1,
  })
  metrics.observeGossip({
    list: () => [{ state: 'alive' }],
    counters: () => ({
      ...{ health: 1, packetsIn: 1, packetsOut: 1, streamsIn: 1 },
      ...{ dropped: { badKey: 1 }, happened: { joined: 1 } },
    }),
  })
  metrics.observeSessions({
    sessions: () => [SESSION],
    silent: () => new Map(),
    counters: async () => ({ sessions: readCounters(NEIGHBORS), bfd: readBfdCounters(PACKETS) }),
  })
  recordShared(metrics)
  return metrics
}

function recordShared(metrics: Metrics): void {
  metrics.recordChanges(3)
  metrics.recordPass(0.001, [PROBLEM])
  metrics.recordFailure()
  metrics.observeApi({
    requests: new Map([['GET nodes 200', 1]]),
    events: () => ({ sent: 1, dropped: 1, lost: 1 }),
  })
}

const SESSION: PeerSession = {
  ...{ vrf: 'default', peer: '10.0.0.1', name: 'tor', port: 179, isUp: true },
  ...{ state: 'Established', established: 2, dropped: 1, sent: { 4: 1, 6: 0 } },
  ...{ wanted: { 4: 1, 6: 0 }, bfd: { profile: 'fast', status: 'up' } },
}
const NEIGHBORS = JSON.stringify({
  default: { '10.0.0.1': { bgpState: 'Established', messageStats: { totalSent: 9 } } },
})
const PACKETS = JSON.stringify([{ peer: '10.0.0.1', 'session-up': 1 }])
