// The operator at a real API server with real controllers: from one MetalLB object to Pods on nodes, what
// becomes of changes, drift and mistakes, and what is left when the object goes.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { INSTALLATION_FIELDS, valueAt } from '../support/installation-fields.ts'
import { skipWithoutControllers } from './support/commands.ts'
import {
  ACCOUNT,
  type Asked,
  askedFor,
  INSTALLATION,
  type OperatedCluster,
  OWN,
  startOperatedCluster,
} from './support/operated-cluster.ts'
import {
  CLASSES,
  FORBIDDEN,
  LEFTOVERS,
  OWNER,
  type Placed,
  rightsIn,
  USERS,
  USERS_OWN,
  WRONG,
} from './support/operator-objects.ts'

const PATIENCE_MS = 60_000
const OBJECTS = [
  ...['configmap/frr-startup', 'configmap/metallb-excludel2', 'daemonset.apps/speaker'],
  ...['deployment.apps/controller', 'poddisruptionbudget.policy/controller'],
  ...['secret/metallb-webhook-cert', 'service/controller-monitor-service'],
  ...['service/metallb-webhook-service', 'service/speaker-monitor-service'],
]
const HOOKS =
  'validatingwebhookconfiguration.admissionregistration.k8s.io/metallb-webhook-configuration'

suite('the operator', { skip: await skipWithoutControllers() }, () => {
  const folder = temporaryFolder()
  let cluster: OperatedCluster
  /** Of a workload whose Pods were never asked to be otherwise. */
  let plain: Record<string, unknown>

  before(async () => {
    cluster = await startOperatedCluster(folder.dir)
    await cluster.start('operator-1')
    await cluster.server.apply(USERS)
    await cluster.server.apply(CLASSES)
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Of a spec that is there and empty, an apply makes one that is null, and the server takes no null. */
  const ask = async (spec: object) => {
    const written = Object.keys(spec).length > 0 ? { ...INSTALLATION, spec } : INSTALLATION
    await cluster.server.apply(JSON.stringify(written), '--force-conflicts')
  }
  const names = async (...what: string[]) =>
    (await cluster.server.kubectl('get', '-n', OWN, '-o', 'name', ...what))
      .split('\n')
      .filter(Boolean)
  const workload = async (key: string) => await cluster.get(key.replace('/', '.apps/'))
  /** Of the Pods that stay, each one's node. */
  const nodesOf = async (component: string): Promise<string[]> => {
    const { items } = await cluster.get('pods', '-l', `component=${component}`)
    const staying = items.filter((pod: Pod) => !pod.metadata.deletionTimestamp)
    return staying.map((pod: Pod) => pod.spec.nodeName ?? 'none').sort()
  }
  const conditionsOf = async (name = 'metallb') => {
    const { metadata, status } = await cluster.get('metallb', name)
    const conditions: ConditionOf[] = status?.conditions ?? []
    const found = Object.fromEntries(conditions.map((one) => [one.type, one]))
    return { generation: metadata.generation, conditions, ...found } as Conditions
  }
  const untilAvailable = async (pattern = /ready/) =>
    await eventually(async () => {
      const found = await conditionsOf()
      const { status, message, observedGeneration } = found.Available ?? {}
      assert.deepEqual([status, observedGeneration], ['True', found.generation], message)
      assert.match(message ?? '', pattern)
      return found
    }, PATIENCE_MS)

  test('without an object nothing is installed', async () => {
    assert.deepEqual(await names('deployments,daemonsets'), [])
  })

  test('one object installs all of it, and is told when it runs', async (t) => {
    const at = performance.now()
    await ask({})
    await eventually(async () => assert.deepEqual(await standing(), OBJECTS), PATIENCE_MS)
    const applied = performance.now()
    const { conditions } = await untilAvailable()
    t.diagnostic(
      `applied in ${Math.round(applied - at)} ms, available in ${Math.round(performance.now() - at)} ms, kubectl among them`,
    )
    assert.deepEqual(
      conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      [
        ...['Available True AllReady', 'Upgradeable True AllReady'],
        ...['Progressing False AllReady', 'Degraded False AllReady'],
      ],
    )
    assert.equal(
      conditions[0]?.message,
      'Deployment controller: 2 of 2 ready; DaemonSet speaker: 3 of 3 ready',
    )
    plain = await templates()
  })

  const standing = async () => {
    const all = await names(
      'deployments,daemonsets,configmaps,services,secrets,poddisruptionbudgets',
    )
    return all.filter((name) => !/kube-root-ca|bgpextras|secret\/tor/.test(name)).sort()
  }
  const templates = async (): Promise<Record<string, unknown>> => {
    const both = await Promise.all(['Deployment/controller', 'DaemonSet/speaker'].map(workload))
    return Object.fromEntries(both.map(({ kind, spec }) => [kind, spec.template]))
  }

  test('what kubectl shows: a Deployment, and a DaemonSet on every node', async () => {
    const shown = await cluster.server.kubectl('get', 'deployment', '-n', OWN, 'controller')
    assert.match(shown, /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ncontroller +2\/2 +2 +2 /)
    const daemons = await cluster.server.kubectl('get', 'daemonset', '-n', OWN, 'speaker')
    assert.match(daemons, /\nspeaker +3 +3 +3 +3 /)
    assert.deepEqual(await nodesOf('speaker'), ['n1', 'n2', 'n3'])
    const table = await cluster.server.kubectl('get', 'metallb', '-n', OWN)
    assert.match(
      table,
      /^NAME +AVAILABLE +DEGRADED +PROGRESSING +AGE\nmetallb +True +False +False /,
    )
  })

  test('images are those the operator was told', async () => {
    const { spec } = await workload('DaemonSet/speaker')
    const { initContainers, containers } = spec.template.spec
    const images = [...initContainers, ...containers].map(({ image }: { image: string }) => image)
    const [frr, ours] = ['registry.example:5000/ferrule-frr:v1', 'registry.example:5000/ferrule:v1']
    assert.deepEqual(images, [frr, ours, frr])
  })

  test('when nothing happens, nothing is written', async () => {
    const versions = async () => {
      const { items } = await cluster.get(
        'deployments,daemonsets,configmaps,services,metallbs,events',
      )
      return items.map(({ metadata }: Pod) => `${metadata.name} ${metadata.resourceVersion}`)
    }
    const renewals = async () =>
      (await cluster.get('lease', 'metallb.io.metallboperator')).spec.renewTime
    const before = await versions()
    const [first, requests] = [await renewals(), cluster.log.length]
    await eventually(async () => assert.notEqual(await renewals(), first), PATIENCE_MS)
    assert.deepEqual(await versions(), before)
    assert.equal(cluster.log.length, requests)
  })

  test('what MetalLB’s operator made for the object and nobody needs goes; what is a user’s stays', async () => {
    const { metadata } = await cluster.get('metallb', 'metallb')
    const owner = { ...OWNER, uid: metadata.uid }
    const owned = (object: Placed) => ({
      ...object,
      metadata: { ...object.metadata, ownerReferences: [owner] },
    })
    const items = [...LEFTOVERS.map(owned), ...USERS_OWN]
    await cluster.server.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await eventually(async () => {
      for (const { kind, metadata } of LEFTOVERS) {
        await assert.rejects(cluster.get(kind, metadata.name), /NotFound/)
        const { items } = await cluster.get('events', '--field-selector=reason=Removed')
        const told = items.map(({ message }: { message: string }) => message).join('; ')
        assert.ok(told.includes(`${kind} ${metadata.name}`), told)
      }
    }, PATIENCE_MS)
    for (const { kind, metadata } of USERS_OWN) await cluster.get(kind, metadata.name)
    const names = USERS_OWN.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    await cluster.server.kubectl('delete', '-n', OWN, ...names)
  })

  for (const { field, spec, shows, note } of INSTALLATION_FIELDS) {
    test(`field: ${field}`, async () => {
      await ask(spec)
      await eventually(async () => {
        for (const { object, path, value } of shows) {
          assert.deepEqual(valueAt(await workload(object), path), value)
        }
        const { generation, conditions } = await conditionsOf()
        assert.equal(conditions[0]?.observedGeneration, generation)
      }, PATIENCE_MS)
      if (note) await untilAvailable(new RegExp(escaped(`Without effect here: ${note}`)))
      if (shows.length === 0) assert.deepEqual(await templates(), plain)
    })
  }

  test('nothing asked for: all is as it was', async () => {
    await ask({})
    await eventually(async () => assert.deepEqual(await templates(), plain), PATIENCE_MS)
  })

  test('a node selector: speakers there and nowhere else', async () => {
    await ask({ nodeSelector: { rack: 'left' } })
    await eventually(
      async () => assert.deepEqual(await nodesOf('speaker'), ['n1', 'n2']),
      PATIENCE_MS,
    )
    await untilAvailable(/DaemonSet speaker: 2 of 2 ready/)
  })

  test('a taint drives the speaker away, a toleration brings it back', async () => {
    await cluster.server.kubectl('taint', 'node', 'n3', 'Example=yes:NoExecute')
    await ask({})
    await eventually(
      async () => assert.deepEqual(await nodesOf('speaker'), ['n1', 'n2']),
      PATIENCE_MS,
    )
    await ask({ speakerTolerations: [{ key: 'Example', operator: 'Exists', effect: 'NoExecute' }] })
    await eventually(
      async () => assert.deepEqual(await nodesOf('speaker'), ['n1', 'n2', 'n3']),
      PATIENCE_MS,
    )
    await cluster.server.kubectl('taint', 'node', 'n3', 'Example-')
    await ask({})
    await untilAvailable(/DaemonSet speaker: 3 of 3 ready/)
  })

  test('a selector that no node has is told, and so is a priority that there is not', async () => {
    await ask({ nodeSelector: { rack: 'nowhere' } })
    const degraded = async (pattern: RegExp) =>
      await eventually(async () => {
        const { Degraded } = await conditionsOf()
        assert.equal(Degraded?.status, 'True')
        assert.match(Degraded?.message ?? '', pattern)
      }, PATIENCE_MS)
    await degraded(/DaemonSet speaker: no node qualifies/)
    await ask({ controllerConfig: { priorityClassName: 'nobody-knows' } })
    await degraded(/Deployment controller: FailedCreate: .*no PriorityClass with name nobody-knows/)
    await ask({
      controllerConfig: { resources: { requests: { cpu: '200m' }, limits: { cpu: '100m' } } },
    })
    await degraded(/cannot apply Deployment controller: .*must be less than or equal to cpu limit/)
    await ask({})
    await untilAvailable()
  })

  test('an image that cannot be pulled is told by Pod, node and container', async () => {
    const { items } = await cluster.get('pods', '-l', 'component=speaker')
    const { name } = items[0].metadata
    const state = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }
    const container = { image: 'frr', imageID: '', ready: false, restartCount: 0, lastState: {} }
    const told = (containerStatuses: object[]) => {
      const body = JSON.stringify({ status: { containerStatuses } })
      const how = ['--subresource=status', '--type=merge', '-p', body]
      return cluster.server.kubectl('patch', 'pod', name, '-n', OWN, ...how)
    }
    await told([{ ...container, name: 'frr', state }])
    await eventually(async () => {
      const { Degraded } = await conditionsOf()
      assert.deepEqual([Degraded?.status, Degraded?.reason], ['True', 'PodsFailing'])
      const expected = `Pod ${name} on ${items[0].spec.nodeName}: container frr: ImagePullBackOff: no such image`
      assert.ok(Degraded?.message.startsWith(expected), Degraded?.message)
    }, PATIENCE_MS)
    await told([])
    await untilAvailable()
  })

  for (const [what, spec, sentence] of WRONG) {
    test(`refused when it is written: ${what}`, async () => {
      await assert.rejects(ask(spec), sentence)
    })
  }

  test('the operator may not give anybody rights, itself among them, nor look into Secrets', async () => {
    const may = async (...what: string[]) => {
      const ask = ['auth', 'can-i', ...what, '-n', OWN, `--as=${ACCOUNT}`]
      return await cluster.server.kubectl(...ask).catch((error: Error) => error.message)
    }
    assert.equal((await may('patch', 'daemonsets/speaker')).trim(), 'yes')
    for (const what of FORBIDDEN) assert.doesNotMatch(await may(...what), /^yes/, what.join(' '))
  })

  for (const [what, change] of [
    ['a replica count', ['scale', 'deployment', 'controller', '--replicas=5']],
    ['an image', ['set', 'image', 'daemonset/speaker', 'speaker=evil.example/image']],
    ['a ConfigMap that is deleted', ['delete', 'configmap', 'frr-startup']],
    ['a Deployment that is deleted', ['delete', 'deployment', 'controller']],
    ['a webhook that is deleted', ['delete', HOOKS]],
    ['a label', ['label', 'service', 'metallb-webhook-service', 'app.kubernetes.io/managed-by-']],
    ['a selector', ['set', 'selector', 'service', 'metallb-webhook-service', 'app=other']],
  ] as const) {
    test(`what somebody changes is put right: ${what}`, async () => {
      const [, kind] = change
      const object = () => cluster.get(...readBack(change))
      const before = shapeOf(await object())
      await cluster.server.kubectl(...change, '-n', OWN)
      await eventually(
        async () => assert.deepEqual(shapeOf(await object()), before, kind),
        PATIENCE_MS,
      )
    })
  }

  test('of what others add to our objects nothing is taken away', async () => {
    await cluster.server.kubectl('annotate', 'deployment', 'controller', '-n', OWN, 'team=network')
    await ask({ controllerConfig: { annotations: { a: 'b' } } })
    await eventually(async () => {
      const { metadata, spec } = await workload('Deployment/controller')
      assert.equal(spec.template.metadata.annotations.a, 'b')
      assert.equal(metadata.annotations.team, 'network')
    }, PATIENCE_MS)
    await ask({})
  })

  test('a second installation is refused', async () => {
    const second = { ...INSTALLATION, metadata: { ...INSTALLATION.metadata, name: 'second' } }
    await assert.rejects(
      cluster.server.apply(JSON.stringify(second)),
      /the one installation of a namespace is named "metallb"/,
    )
  })

  test('a second one from before is told that it has no effect', async () => {
    const path = '/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations'
    const crd = await cluster.get('crd', 'metallbs.metallb.io')
    const laws = valueAt(
      crd,
      path
        .slice(1)
        .split('/')
        .map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    )
    const patch = (...steps: object[]) =>
      cluster.server.kubectl(
        'patch',
        'crd',
        'metallbs.metallb.io',
        '--type=json',
        '-p',
        JSON.stringify(steps),
      )
    await patch({ op: 'remove', path })
    const second = { ...INSTALLATION, metadata: { ...INSTALLATION.metadata, name: 'second' } }
    await eventually(() => cluster.server.apply(JSON.stringify(second)), PATIENCE_MS)
    await patch({ op: 'add', path, value: laws })
    await eventually(async () => {
      const { Degraded, Available } = await conditionsOf('second')
      assert.deepEqual([Degraded?.status, Available?.status], ['True', 'False'])
      assert.equal(Degraded?.reason, 'IncorrectMetalLBResourceName')
      assert.match(Degraded?.message ?? '', /^MetalLB "second" has no effect: .* named "metallb"/)
    }, PATIENCE_MS)
    // It may go on to be told so while the law is in force.
    await cluster.server.kubectl('label', 'metallb', 'second', '-n', OWN, 'is=late')
    await cluster.server.kubectl('delete', 'metallb', 'second', '-n', OWN)
    await untilAvailable()
  })

  test('an frr-k8s elsewhere is not served, and nothing is changed for it', async () => {
    const before = await templates()
    await ask({
      bgpBackend: 'frr-k8s-external',
      frrk8sConfig: { namespace: 'frr-k8s-system' },
      nodeSelector: { rack: 'left' },
    })
    await eventually(async () => {
      const { Degraded, Available } = await conditionsOf()
      assert.deepEqual([Degraded?.status, Available?.status], ['True', 'False'])
      assert.equal(Degraded?.reason, 'BGPBackendNotServed')
    }, PATIENCE_MS)
    assert.deepEqual(await templates(), before)
    await ask({})
    await untilAvailable()
  })

  test('a second operator stands by, and takes over when the first ends', async () => {
    await cluster.start('operator-2')
    const holder = async () =>
      (await cluster.get('lease', 'metallb.io.metallboperator')).spec.holderIdentity
    assert.equal(await holder(), 'operator-1')
    await cluster.stop('operator-1')
    await eventually(async () => assert.equal(await holder(), 'operator-2'), PATIENCE_MS)
    await cluster.server.kubectl('delete', 'configmap', 'frr-startup', '-n', OWN)
    await eventually(() => cluster.get('configmap', 'frr-startup'), PATIENCE_MS)
  })

  test('what became of it can be read in its events', async () => {
    const { items } = await cluster.get('events', '--field-selector=involvedObject.kind=MetalLB')
    const reasons = new Set(items.map(({ reason }: { reason: string }) => reason))
    for (const reason of ['Progressing', 'Available', 'Degraded'])
      assert.ok(reasons.has(reason), reason)
  })

  test('without the object all of it goes; what users wrote stays', async () => {
    await cluster.server.kubectl('delete', 'metallb', 'metallb', '-n', OWN)
    await eventually(async () => {
      assert.deepEqual(await standing(), [])
      assert.deepEqual(await names('pods'), [])
      assert.deepEqual(await names('leases'), [
        'lease.coordination.k8s.io/metallb.io.metallboperator',
      ])
      await assert.rejects(cluster.server.kubectl('get', HOOKS), /NotFound/)
    }, PATIENCE_MS)
    assert.deepEqual(await names('ipaddresspools,bgppeers,bgpadvertisements,secrets'), [
      ...['ipaddresspool.metallb.io/pool', 'bgppeer.metallb.io/tor'],
      ...['bgpadvertisement.metallb.io/all', 'secret/tor'],
    ])
    await cluster.get('configmap', 'bgpextras')
    await cluster.get('crd', 'bgppeers.metallb.io')
  })

  test('no right of the operator is one that it does not use', async () => {
    const rights = await Promise.all([
      cluster.get('role', 'operator'),
      cluster.get('clusterrole', 'metallb-system:operator'),
    ])
    const asked = await askedFor(cluster.server)
    const unused = rights
      .flatMap(({ rules }) => rules.flatMap(rightsIn))
      .filter(
        (right: Asked) =>
          !asked.some(
            ({ verb, group, resource, name }) =>
              [verb, group, resource].join() === [right.verb, right.group, right.resource].join() &&
              (right.name === '' || name === right.name),
          ),
      )
    assert.deepEqual(unused, [])
  })

  test('and comes again with it', async () => {
    await ask({})
    await untilAvailable()
    assert.deepEqual(await standing(), OBJECTS)
  })
})

interface Pod {
  readonly metadata: {
    readonly name: string
    readonly resourceVersion?: string
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly nodeName?: string }
}

interface ConditionOf {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
}

interface Conditions {
  readonly generation: number
  readonly conditions: readonly ConditionOf[]
  readonly Available?: ConditionOf
  readonly Degraded?: ConditionOf
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `scale deployment controller …` → `deployment controller`. */
function readBack(change: readonly string[]): string[] {
  const words = change
    .slice(/^(set)$/.test(change[0]!) ? 2 : 1)
    .filter((word) => !word.startsWith('--'))
  const [kind = '', name] = words
  return kind.includes('/') ? [kind] : [kind, name!]
}

/** What we say of it. */
function shapeOf({
  metadata: { labels },
  spec,
  data,
  webhooks,
}: {
  readonly metadata: { readonly labels?: unknown }
  readonly spec?: { readonly clusterIP?: string; readonly clusterIPs?: string[] }
  readonly data?: unknown
  readonly webhooks?: unknown
}) {
  const { clusterIP, clusterIPs, ...rest } = spec ?? {}
  return { labels, spec: rest, data, webhooks }
}
