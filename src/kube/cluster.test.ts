import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { NAMESPACE } from '../../test/support/build.ts'
import { eventually } from '../../test/support/eventually.ts'
import { refuse } from '../../test/support/fake-api-server.ts'
import { type FakeCluster, fakeCluster } from '../../test/support/fake-cluster.ts'
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { printProblem } from '../config/problem.ts'
import { LASTING_MS } from './outages.ts'
import type { Change, StatusObject } from './source.ts'

const LB = { spec: { type: 'LoadBalancer', clusterIPs: ['10.96.0.1'], ports: [{ port: 80 }] } }
const POOL = { spec: { addresses: ['192.0.2.0/24'] } }
const slice = (node: string) => ({
  endpoints: [{ addresses: ['10.1.0.1'], nodeName: node, conditions: { ready: true } }],
  ports: [{ port: 8080 }],
})
const SLICE_OF = (service: string) => ({ labels: { 'kubernetes.io/service-name': service } })
const print = ({ ref, object, problems }: Change): string =>
  `${object ? '' : problems ? '!' : '-'}${ref.kind}/${ref.name}`
const taken = ({ cluster }: FakeCluster): string[] => cluster.takeChanges().map(print).sort()

/** Waits for the next changes. */
const next = (fake: FakeCluster, ...expected: string[]): Promise<void> => {
  const found: string[] = []
  return eventually(() => {
    found.push(...taken(fake))
    assert.deepEqual(found.sort(), expected)
  })
}

const write = (ip: string, pool: string | null = 'a', key = 'default/web') => ({
  ...{ key, ingress: ip === '' ? [] : [{ ip }] },
  annotations: { [ALLOCATED_FROM_POOL]: pool },
})

// Much of their time is waiting for the next attempt, so they wait together.
suite('a cluster as a source', { concurrency: true }, () => {
  test('nothing is told before everything is known', async () => {
    await using fake = await fakeCluster({}, ({ server, put }) => {
      put('Service', 'web', LB)
      put('IPAddressPool', 'a', POOL)
      let left = 3
      server.intercept = ({ path }, response) => {
        if (!path.endsWith('/ipaddresspools') || left === 0) return false
        left--
        refuse(response, 503, 'ServiceUnavailable', 'not yet')
        return true
      }
    })
    assert.throws(() => fake.cluster.takeChanges(), /half of the objects/)
    await fake.cluster.ready
    assert.deepEqual(taken(fake), ['IPAddressPool/a', 'Service/web'])
    assert.deepEqual(taken(fake), [])
  })

  test('objects come, change and go; what says nothing new is no change', async () => {
    await using fake = await fakeCluster({}, ({ put }) => {
      put('IPAddressPool', 'a', POOL)
      put('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'True' }] } })
    })
    await fake.cluster.ready
    assert.deepEqual(taken(fake), ['IPAddressPool/a', 'Node/n1'])
    // A heartbeat and somebody's status first: they must not be among what follows.
    const heartbeat = { type: 'Ready', status: 'True', lastHeartbeatTime: 'now' }
    fake.put('Node', 'n1', { status: { conditions: [heartbeat] } })
    fake.put('IPAddressPool', 'a', { ...POOL, status: { assignedIPv4: 3 } })
    fake.put('IPAddressPool', 'b', { spec: { addresses: ['198.51.100.0/33'] } })
    await next(fake, '!IPAddressPool/b')
    fake.server.remove(fake.path('IPAddressPool', 'b'))
    await next(fake, '-IPAddressPool/b')
  })

  test('a ConfigMap and Secrets are asked for in our namespace only, and no more than needed', async () => {
    await using fake = await fakeCluster()
    await fake.cluster.ready
    const asked = fake.server.asked.map(
      ({ path, query }) => `${path} ${query.get('fieldSelector')}`,
    )
    assert.ok(
      asked.includes('/api/v1/namespaces/metallb-system/configmaps metadata.name=bgpextras'),
    )
    assert.ok(asked.includes('/api/v1/namespaces/metallb-system/secrets type!=helm.sh/release.v1'))
    assert.ok(
      !asked.some((one) => one.includes('endpointslices')),
      'a controller needs no endpoints',
    )
  })

  test('endpoints are told of Services that get an address, from when they do', async () => {
    await using fake = await fakeCluster({ role: 'speaker' }, ({ put }) => {
      put('Service', 'web', LB)
      put('Service', 'inner', { spec: { type: 'ClusterIP', ports: [{ port: 80 }] } })
      put('EndpointSlice', 'web-1', slice('n1'), SLICE_OF('web'))
      put('EndpointSlice', 'inner-1', slice('n1'), SLICE_OF('inner'))
    })
    await fake.cluster.ready
    await next(fake, 'EndpointSlice/web-1', 'Service/inner', 'Service/web')
    let dirty = 0
    fake.cluster.onChange(() => dirty++)
    fake.put('EndpointSlice', 'inner-1', slice('n2'), SLICE_OF('inner'))
    fake.put('EndpointSlice', 'web-1', slice('n2'), SLICE_OF('web'))
    await next(fake, 'EndpointSlice/web-1')
    assert.equal(dirty, 1, 'the endpoints of the other Service are worth no pass')
    fake.put('Service', 'inner', LB)
    await next(fake, 'EndpointSlice/inner-1', 'Service/inner')
    fake.server.remove(fake.path('Service', 'inner'))
    fake.server.remove(fake.path('EndpointSlice', 'inner-1'))
    await next(fake, '-EndpointSlice/inner-1', '-Service/inner')
  })

  test('an address is written once, and the next pass sees it at once', async () => {
    await using fake = await fakeCluster({}, ({ put }) => {
      put('Service', 'web', LB, { annotations: { other: 'kept' } })
    })
    const { cluster, server } = fake
    await cluster.ready
    cluster.takeChanges()
    await cluster.writeServiceStatuses([write('192.0.2.1')])
    const [change] = cluster.takeChanges()
    const service = change?.object as Service
    assert.deepEqual(service.status.loadBalancer.ingress, [{ ip: '192.0.2.1' }])
    assert.equal(service.metadata.annotations[ALLOCATED_FROM_POOL], 'a')
    assert.equal(service.metadata.annotations.other, 'kept')
    await cluster.writeServiceStatuses([write('192.0.2.1')])
    // The echo of our own write is no change: this one comes after it.
    fake.put('IPAddressPool', 'a', POOL)
    await next(fake, 'IPAddressPool/a')
    await cluster.writeServiceStatuses([write('', null)])
    assert.deepEqual(server.get(fake.path('Service', 'web'))?.metadata.annotations, {
      other: 'kept',
    })
    assert.deepEqual(fake.writes(), { 'PATCH services/status': 2 })
  })

  test('what is not as it was planned on is not written to', async () => {
    await using fake = await fakeCluster({}, ({ put }) => put('Service', 'web', LB))
    const { cluster, server } = fake
    await cluster.ready
    cluster.takeChanges()
    // Known to us, but not to the plan.
    const known = new Promise<void>((resolve) => cluster.onChange(resolve))
    fake.put('Service', 'web', LB, { labels: { new: 'yes' } })
    await known
    await cluster.writeServiceStatuses([write('192.0.2.1')])
    assert.deepEqual(fake.writes(), {})
    // Not even known to us: the server refuses, and what it tells next decides.
    cluster.takeChanges()
    server.intercept = ({ method }) => {
      if (method === 'PATCH') fake.put('Service', 'web', LB, { labels: { new: 'again' } })
      return false
    }
    await cluster.writeServiceStatuses([write('192.0.2.1')])
    assert.equal(server.get(fake.path('Service', 'web'))?.status, undefined)
    await next(fake, 'Service/web')
  })

  test('a Service that is gone is no failure; one that the server refuses fails alone', async () => {
    await using fake = await fakeCluster({}, ({ put, server }) => {
      for (const name of ['bad', 'gone', 'good']) put('Service', name, LB)
      server.intercept = ({ method, path }, response) => {
        if (method !== 'PATCH' || !path.includes('/bad/')) return false
        refuse(response, 422, 'Invalid', 'no such address')
        return true
      }
    })
    const { cluster, server } = fake
    await cluster.ready
    cluster.takeChanges()
    server.remove(fake.path('Service', 'gone'))
    const writes = ['bad', 'gone', 'good'].map((one) => write('192.0.2.1', 'a', `default/${one}`))
    await assert.rejects(cluster.writeServiceStatuses(writes), /the status of Service default\/bad/)
    assert.ok(server.get(fake.path('Service', 'good'))?.status)
  })

  test('who does not lead does not write', async () => {
    await using fake = await fakeCluster({ fence: { leftMs: () => 0 } }, ({ put }) => {
      put('Service', 'web', LB)
      put('IPAddressPool', 'a', POOL)
    })
    const { cluster } = fake
    await cluster.ready
    cluster.takeChanges()
    await assert.rejects(cluster.writeServiceStatuses([write('192.0.2.1')]), /status of Service/)
    await assert.rejects(cluster.writePoolStatus('a', counters(1n)), /status of IPAddressPool/)
    assert.deepEqual(fake.writes(), {})
  })

  const counters = (assignedIPv4: bigint, availableIPv6 = 0n) => ({
    ...{ assignedIPv4, assignedIPv6: 0n, availableIPv4: 255n, availableIPv6 },
  })

  test('a pool may hold more addresses than a number can count', async () => {
    const all = counters(1n, 2n ** 63n - 1n)
    await using fake = await fakeCluster({}, ({ put }) => {
      put('IPAddressPool', 'a', POOL)
      put('IPAddressPool', 'same', { ...POOL, status: all })
    })
    const { cluster, server } = fake
    await cluster.ready
    await cluster.writePoolStatus('same', all)
    await cluster.writePoolStatus('none', all)
    assert.deepEqual(fake.writes(), {})
    await cluster.writePoolStatus('a', all)
    const { status } = server.get(fake.path('IPAddressPool', 'a')) as { status?: object }
    assert.deepEqual(status, {
      ...counters(1n),
      ...{ assignedIPv4: 1, assignedIPv6: 0 },
      availableIPv4: 255,
      availableIPv6: 2n ** 63n - 1n,
    })
  })

  test('a pool’s status that somebody else wrote is set right', async () => {
    await using fake = await fakeCluster({}, ({ put }) => put('IPAddressPool', 'a', POOL))
    const { cluster, server } = fake
    await cluster.ready
    await cluster.writePoolStatus('a', counters(1n))
    fake.put('IPAddressPool', 'a', { ...POOL, status: { assignedIPv4: 77 } })
    await eventually(() => {
      const { status } = server.get(fake.path('IPAddressPool', 'a')) as { status?: object }
      assert.partialDeepStrictEqual(status, { assignedIPv4: 1 })
    })
  })

  test('a pool that went and came back between two looks says again what it said', async () => {
    await using fake = await fakeCluster({}, ({ put }) => put('IPAddressPool', 'a', POOL))
    const { cluster, server } = fake
    await cluster.ready
    cluster.takeChanges()
    await cluster.writePoolStatus('a', counters(1n))
    server.remove(fake.path('IPAddressPool', 'a'))
    fake.put('IPAddressPool', 'a', POOL)
    await eventually(() => {
      const { status } = server.get(fake.path('IPAddressPool', 'a')) as { status?: object }
      assert.partialDeepStrictEqual(status, { assignedIPv4: 1 })
    })
  })

  const OURS = { 'metallb.io/node': 'n1' }
  const bgpStatus = (name: string, peers: string[]): StatusObject => ({
    ...{ apiVersion: 'metallb.io/v1beta1', kind: 'ServiceBGPStatus' },
    metadata: { name, namespace: 'metallb-system', labels: OURS },
    status: { node: 'n1', peers },
  })

  test('status objects are made, mended and removed, and not written when they stand', async () => {
    await using fake = await fakeCluster({ role: 'speaker' }, ({ put }) => {
      put('ServiceBGPStatus', 'stale', { status: {} }, { labels: OURS })
      put(
        'ServiceBGPStatus',
        'another-node',
        { status: {} },
        { labels: { 'metallb.io/node': 'n2' } },
      )
    })
    const { cluster, server } = fake
    const standing = (name: string) => server.get(fake.path('ServiceBGPStatus', name))
    const wanted = [bgpStatus('a', ['r1']), bgpStatus('b', ['r1', 'r2'])]
    const wish = () => cluster.writeStatusObjects('ServiceBGPStatus', OURS, wanted)
    await wish()
    assert.deepEqual(
      server.paths().map((path) => path.slice(path.lastIndexOf('/') + 1)),
      ['a', 'another-node', 'b'],
    )
    assert.deepEqual(standing('b')?.status, wanted[1]!.status)
    assert.deepEqual(standing('b')?.metadata.labels, OURS)
    const before = fake.writes()
    await wish()
    assert.deepEqual(fake.writes(), before)

    server.remove(fake.path('ServiceBGPStatus', 'a'))
    await eventually(() => assert.deepEqual(standing('a')?.status, wanted[0]!.status))
    fake.put(
      'ServiceBGPStatus',
      'b',
      { status: { node: 'n1', peers: [], more: 1 } },
      { labels: OURS },
    )
    await eventually(() => assert.deepEqual(standing('b')?.status, wanted[1]!.status))
    fake.put('ServiceBGPStatus', 'b', { status: wanted[1]!.status })
    await eventually(() => assert.deepEqual(standing('b')?.metadata.labels, OURS))
  })

  test('who does not lead any more leaves alone what the next one writes', async () => {
    let leftMs = 10_000
    let asked = 0
    const fence = {
      leftMs: () => {
        asked++
        return leftMs
      },
    }
    await using fake = await fakeCluster({ fence })
    const { cluster } = fake
    const wanted = bgpStatus('a', ['r1'])
    await cluster.writeStatusObjects('ServiceBGPStatus', OURS, [wanted])
    leftMs = 0
    const [before, askedBefore] = [fake.writes(), asked]
    const status = { node: 'n1', peers: ['theirs'] }
    fake.put('ServiceBGPStatus', 'a', { status }, { labels: OURS })
    await eventually(() => assert.ok(asked > askedBefore, 'it saw that, and asked whether it may'))
    await assert.rejects(
      cluster.writeStatusObjects('ServiceBGPStatus', OURS, [bgpStatus('b', [])]),
      /another controller leads/,
    )
    assert.deepEqual(fake.writes(), before)
    assert.deepEqual(fake.errors, [])
  })

  test('a condition keeps the time of its transition through our restart', async () => {
    const labels = { 'metallb.io/component-type': 'controller' }
    const state = (lastTransitionTime: string, status = 'True'): StatusObject => ({
      ...{ apiVersion: 'metallb.io/v1beta1', kind: 'ConfigurationState' },
      metadata: { name: 'controller', namespace: 'metallb-system', labels },
      status: { result: 'Valid', conditions: [{ type: 'x', status, lastTransitionTime }] },
    })
    await using fake = await fakeCluster({}, ({ put }) => {
      put('ConfigurationState', 'controller', state('then'), { labels })
    })
    const { cluster } = fake
    await cluster.writeStatusObjects('ConfigurationState', labels, [state('now')])
    assert.deepEqual(fake.writes(), {})
    await cluster.writeStatusObjects('ConfigurationState', labels, [state('now', 'False')])
    assert.deepEqual(fake.writes(), { 'PATCH configurationstates/status': 1 })
  })

  test('statuses go with the Pod that wrote them', async () => {
    await using fake = await fakeCluster(
      { role: 'speaker', podName: 'speaker-1' },
      ({ server }) => {
        const metadata = { name: 'speaker-1', uid: 'u-1' }
        server.put('/api/v1/namespaces/metallb-system/pods', {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata,
        })
      },
    )
    const { cluster, server } = fake
    await cluster.writeStatusObjects('ServiceBGPStatus', OURS, [bgpStatus('a', [])])
    assert.deepEqual(server.get(fake.path('ServiceBGPStatus', 'a'))?.metadata.ownerReferences, [
      { apiVersion: 'v1', kind: 'Pod', name: 'speaker-1', uid: 'u-1' },
    ])
  })

  test('a right that is missing is said once, with its kind, and is a problem while it lasts', async () => {
    let isForbidden = true
    let now = 0
    await using fake = await fakeCluster({ clock: () => now }, ({ server }) => {
      server.intercept = ({ path }, response) => {
        if (!isForbidden || !path.endsWith('/bgppeers')) return false
        refuse(response, 403, 'Forbidden', 'bgppeers is forbidden')
        return true
      }
    })
    const { cluster } = fake
    const asked = () => fake.server.asked.filter(({ path }) => path.endsWith('/bgppeers')).length
    await eventually(() => assert.ok(asked() >= 2, 'asked again and again'))
    assert.deepEqual([fake.errors, cluster.problems()], [[], []], 'it may have just started')
    now = LASTING_MS
    const before = asked()
    await eventually(() => assert.ok(asked() >= before + 2, 'asked again and again'))
    assert.equal(fake.errors.length, 1)
    assert.match(cluster.problems().map(printProblem).join(), /^API bgppeers: GET .*403 Forbidden/)
    isForbidden = false
    await cluster.ready
    assert.deepEqual(cluster.problems(), [])
  })

  test('a cluster without the kind of old MetalLBs is a cluster without such objects', async () => {
    await using fake = await fakeCluster({}, ({ server }) => {
      server.intercept = ({ path }, response) => {
        if (!path.endsWith('/addresspools')) return false
        refuse(response, 404, 'NotFound', 'the server could not find the requested resource')
        return true
      }
    })
    await fake.cluster.ready
    assert.deepEqual(fake.cluster.problems(), [])
    assert.deepEqual(fake.errors, [])
  })

  for (const [status, reason] of [
    [404, 'NotFound'],
    [403, 'Forbidden'],
  ] as const) {
    test(`${reason} for MetalLB objects is a cluster that has none, and nobody is told`, async () => {
      let asked = 0
      let isRefusing = true
      let now = 0
      const setUp = ({
        server,
        put,
      }: Parameters<NonNullable<Parameters<typeof fakeCluster>[1]>>[0]) => {
        put('MetalLB', 'metallb', { spec: { logLevel: 'debug' } })
        server.intercept = ({ path }, response) => {
          if (!isRefusing || !path.endsWith('/metallbs')) return false
          asked++
          refuse(response, status, reason, 'no')
          return true
        }
      }
      await using fake = await fakeCluster({ clock: () => now }, setUp)
      await fake.cluster.ready
      now = LASTING_MS
      await eventually(() => assert.ok(asked >= 2, 'it is asked again'))
      assert.deepEqual(fake.cluster.problems(), [])
      assert.deepEqual(fake.errors, [])
      fake.cluster.takeChanges()
      isRefusing = false
      await eventually(() => {
        const [change] = fake.cluster.takeChanges()
        assert.equal(change?.ref.kind, 'MetalLB')
      })
    })
  }

  for (const [status, reason] of [
    [404, 'NotFound'],
    [403, 'Forbidden'],
  ] as const) {
    test(`${reason} for sessions' states: told once, nobody waits, and they are written when they can be`, async () => {
      let isRefusing = true
      let now = 0
      await using fake = await fakeCluster({ clock: () => now }, ({ server }) => {
        server.intercept = ({ path }, response) => {
          if (!isRefusing || !path.endsWith('/bgpsessionstates')) return false
          refuse(response, status, reason, 'no')
          return true
        }
      })
      await fake.cluster.ready
      const labels = { 'metallb.io/node': 'n1' }
      const state = {
        ...{ apiVersion: 'frrk8s.metallb.io/v1beta1', kind: 'BGPSessionState' },
        ...{ metadata: { name: 'n1-a', namespace: NAMESPACE, labels } },
        status: { bgpStatus: 'Established' },
      }
      await fake.cluster.writeStatusObjects('BGPSessionState', labels, [state])
      now = LASTING_MS
      await eventually(() => assert.equal(fake.errors.length, 1))
      assert.match(fake.errors.join(), /bgpsessionstates/)
      assert.deepEqual(fake.cluster.problems(), [])
      isRefusing = false
      const path = fake.path('BGPSessionState', 'n1-a')
      await eventually(() => assert.ok(fake.server.get(path)?.status, 'it is written'))
    })
  }

  test('a server that has just started knows no rights yet: nobody is told, nothing is due', async () => {
    let isStarting = false
    const sentences: string[] = []
    const onRecovered = (sentence: string) => sentences.push(sentence)
    await using fake = await fakeCluster({ onRecovered }, ({ put }) => put('Service', 'web', LB))
    const { cluster, server } = fake
    await cluster.ready
    cluster.takeChanges()
    let dirty = 0
    cluster.onChange(() => dirty++)
    isStarting = true
    await server.stop()
    await server.start()
    const asked = new Set<string>()
    server.intercept = ({ path }, response) => {
      if (isStarting) refuse(response, 403, 'Forbidden', `${path} is forbidden`)
      asked.add(path)
      return isStarting
    }
    await eventually(() => assert.ok(asked.size >= 5, 'most kinds were refused'))
    isStarting = false
    fake.put('Service', 'new', LB)
    await next(fake, 'Service/new')
    assert.deepEqual([cluster.problems(), fake.errors, sentences, dirty], [[], [], [], 1])
  })

  test('what cannot be written is told at the second attempt, and when it can be', async () => {
    let isRefused = false
    let now = 0
    const sentences: string[] = []
    const options = {
      ...({ role: 'speaker', clock: () => now } as const),
      onRecovered: (sentence: string) => sentences.push(sentence),
    }
    await using fake = await fakeCluster(options, ({ server }) => {
      server.intercept = ({ method }, response) => {
        if (!isRefused || method === 'GET') return false
        now += LASTING_MS
        refuse(response, 403, 'Forbidden', 'no')
        return true
      }
    })
    const { cluster, server } = fake
    await cluster.ready
    const wanted = bgpStatus('a', ['r1'])
    await cluster.writeStatusObjects('ServiceBGPStatus', OURS, [wanted])
    isRefused = true
    server.remove(fake.path('ServiceBGPStatus', 'a'))
    await eventually(() => assert.equal(fake.errors.length, 1))
    assert.match(fake.errors[0]!, /cannot mend a ServiceBGPStatus: POST .*403 Forbidden/)
    assert.equal(cluster.problems()[0]?.name, 'servicebgpstatuses/status')
    isRefused = false
    await eventually(() =>
      assert.deepEqual(sentences, ['servicebgpstatuses/status (403) answers again']),
    )
    assert.deepEqual([fake.errors.length, cluster.problems()], [1, []])
  })

  test('a server that is away is said once, takes nothing away, and is no problem of an object', async () => {
    const sentences: string[] = []
    const onRecovered = (sentence: string) => sentences.push(sentence)
    await using fake = await fakeCluster({ onRecovered, role: 'speaker' }, ({ put }) =>
      put('Service', 'web', LB),
    )
    const { cluster, server } = fake
    await cluster.ready
    await cluster.writeStatusObjects('ServiceBGPStatus', OURS, [])
    cluster.takeChanges()
    await server.stop()
    await eventually(() => assert.equal(fake.errors.length, 1))
    assert.match(fake.errors[0]!, /ECONN.*; what was known stays in force/)
    assert.deepEqual(cluster.takeChanges(), [])
    assert.deepEqual(cluster.problems(), [])
    server.remove(fake.path('Service', 'web'))
    fake.put('Service', 'new', LB)
    await server.start()
    await next(fake, '-Service/web', 'Service/new')
    await eventually(() => assert.deepEqual(sentences, ['the API server answers again']))
    assert.equal(fake.errors.length, 1)
  })

  test('that the server forgot is a note, not an error', async () => {
    const notes: string[] = []
    await using fake = await fakeCluster({ onNote: (note) => notes.push(note) }, ({ put }) =>
      put('Service', 'web', LB),
    )
    const { cluster, server } = fake
    await cluster.ready
    taken(fake)
    fake.put('Node', 'n1', {})
    await next(fake, 'Node/n1')
    server.forget()
    server.endWatches('/api/v1/services', 'close')
    fake.put('Service', 'new', LB)
    await next(fake, 'Service/new')
    assert.match(notes.join(), /^services are listed anew: Expired: too old$/)
    assert.deepEqual([fake.errors, cluster.problems()], [[], []])
  })
})
