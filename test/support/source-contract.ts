// What every source of objects does, whatever it is: run against a folder, an API server in memory and
// a real one. Only what a pass relies on; how each comes to know is in tests of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALLOCATED_FROM_POOL } from '../../src/api/annotations.ts'
import type { Service } from '../../src/api/core.ts'
import type { RawObject } from '../../src/api/kinds.ts'
import type { Change, Source, StatusObject } from '../../src/kube/source.ts'
import { NAMESPACE } from './build.ts'
import { eventually } from './eventually.ts'

export interface SourceUnderTest extends AsyncDisposable {
  readonly source: Source
  /** As a user would: creates it or changes it. */
  put(object: RawObject): Promise<void> | void
  remove(kind: string, name: string): Promise<void> | void
  /** The status that stands there, as text; undefined where there is none. */
  status(kind: string, name: string): Promise<string | undefined> | string | undefined
}

/** `open` gets the objects that stand there before the source is opened. */
export type OpenSource = (before: readonly RawObject[]) => Promise<SourceUnderTest>

export const webService = (name: string, port = 80): RawObject =>
  ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' } },
    spec: {
      ...{ type: 'LoadBalancer', selector: { app: name } },
      ports: [{ name: 'http', port, protocol: 'TCP' }],
    },
  }) as RawObject

export const poolOf = (name: string, ...addresses: string[]): RawObject =>
  ({
    ...{ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool' },
    ...{ metadata: { name, namespace: NAMESPACE }, spec: { addresses } },
  }) as RawObject

const LABELS = { 'metallb.io/node': 'n1' }
const bgpStatus = (name: string, peers: string[], labels = LABELS): StatusObject => ({
  ...{ apiVersion: 'metallb.io/v1beta1', kind: 'ServiceBGPStatus' },
  metadata: { name, namespace: NAMESPACE, labels },
  status: { node: 'n1', serviceName: name, serviceNamespace: 'default', peers },
})
const address = (name: string, ...ips: string[]) => ({
  ...{ key: `default/${name}`, ingress: ips.map((ip) => ({ ip })) },
  annotations: { [ALLOCATED_FROM_POOL]: ips.length > 0 ? 'a' : null },
})

/** What a reader of all changes knows of the objects whose name begins with `our`. */
export class Reader {
  readonly #known = new Map<string, Change>()
  readonly #source: Source
  constructor(source: Source) {
    this.#source = source
  }

  /** Names of the objects that changed, sorted. */
  take(): string[] {
    const changes = this.#source.takeChanges().filter(({ ref }) => ref.name.startsWith('our'))
    for (const change of changes) this.#known.set(change.ref.name, change)
    return changes.map(({ ref }) => ref.name).sort()
  }

  get names(): string[] {
    return [...this.#known]
      .filter(([, { object }]) => object)
      .map(([name]) => name)
      .sort()
  }

  service(name: string): Service | undefined {
    return this.#known.get(name)?.object as Service | undefined
  }

  addresses(name: string): (string | undefined)[] | undefined {
    return this.service(name)?.status.loadBalancer.ingress.map(({ ip }) => ip)
  }

  knows(...names: string[]): Promise<void> {
    return eventually(() => {
      this.take()
      assert.deepEqual(this.names, names)
    })
  }
}

export function sourceContract(what: string, open: OpenSource): void {
  test(`${what}: all there is, then what is new, once`, async () => {
    await using it = await open([webService('our-web'), poolOf('our-pool', '192.0.2.0/24')])
    await it.source.ready
    const reader = new Reader(it.source)
    assert.deepEqual(reader.take(), ['our-pool', 'our-web'])
    assert.deepEqual(reader.take(), [])
    let calls = 0
    it.source.onChange(() => calls++)
    await it.put(webService('our-web-2'))
    await reader.knows('our-pool', 'our-web', 'our-web-2')
    assert.ok(calls > 0, 'it called')
    await it.put(webService('our-web-2', 81))
    await eventually(() => {
      reader.take()
      assert.equal(reader.service('our-web-2')?.spec.ports[0]?.port, 81)
    })
    await it.remove('Service', 'our-web-2')
    await reader.knows('our-pool', 'our-web')
  })

  test(`${what}: what we write is part of the world at once, and written once`, async () => {
    await using it = await open([webService('our-web')])
    const { source } = it
    await source.ready
    const reader = new Reader(source)
    reader.take()
    await source.writeServiceStatuses([address('our-web', '192.0.2.1')])
    reader.take()
    assert.deepEqual(reader.addresses('our-web'), ['192.0.2.1'])
    assert.equal(reader.service('our-web')?.metadata.annotations[ALLOCATED_FROM_POOL], 'a')
    const stands = await it.status('Service', 'our-web')
    assert.match(stands ?? '', /192\.0\.2\.1/)

    const { ingress } = reader.service('our-web')!.status.loadBalancer
    await source.writeServiceStatuses([{ ...address('our-web', '192.0.2.1'), ingress }])
    // Whatever an echo or a second write would tell comes before this.
    await it.put(webService('our-last'))
    await reader.knows('our-last', 'our-web')
    assert.equal(await it.status('Service', 'our-web'), stands)

    await source.writeServiceStatuses([address('our-web')])
    reader.take()
    assert.deepEqual(reader.addresses('our-web'), [])
    assert.equal(reader.service('our-web')?.metadata.annotations[ALLOCATED_FROM_POOL], undefined)
  })

  test(`${what}: a user’s change does not take our address away`, async () => {
    await using it = await open([webService('our-web')])
    await it.source.ready
    const reader = new Reader(it.source)
    reader.take()
    await it.source.writeServiceStatuses([address('our-web', '192.0.2.1')])
    await it.put(webService('our-web', 81))
    await eventually(() => {
      reader.take()
      assert.equal(reader.service('our-web')?.spec.ports[0]?.port, 81)
    })
    assert.deepEqual(reader.addresses('our-web'), ['192.0.2.1'])
  })

  test(`${what}: a status of what is gone is nobody’s failure`, async () => {
    await using it = await open([webService('our-web')])
    await it.source.ready
    const reader = new Reader(it.source)
    await reader.knows('our-web')
    await it.remove('Service', 'our-web')
    await it.source.writeServiceStatuses([address('our-web', '192.0.2.1'), address('our-none')])
    await it.source.writePoolStatus('our-none', countersOf(1n))
    await reader.knows()
  })

  test(`${what}: a pool of more addresses than a number counts`, async () => {
    await using it = await open([poolOf('our-pool', 'fd00::/64')])
    await it.source.ready
    it.source.takeChanges()
    const large = 2n ** 63n - 1n
    await it.source.writePoolStatus('our-pool', countersOf(large))
    assert.match((await it.status('IPAddressPool', 'our-pool')) ?? '', new RegExp(`${large}\\b`))
    assert.deepEqual(new Reader(it.source).take(), [], 'a status is not news to a plan')
  })

  test(`${what}: status objects are exactly those that are wanted`, async () => {
    await using it = await open([])
    const { source } = it
    const wish = (...wanted: StatusObject[]) =>
      source.writeStatusObjects('ServiceBGPStatus', LABELS, wanted)
    const other = { 'metallb.io/node': 'n2' }
    await source.writeStatusObjects('ServiceBGPStatus', other, [bgpStatus('our-n2', [], other)])
    const [a, b] = [bgpStatus('our-a', ['r1']), bgpStatus('our-b', ['r1'])]
    await wish(a, b)
    assert.match((await it.status('ServiceBGPStatus', 'our-a')) ?? '', /r1/)
    await wish(bgpStatus('our-a', ['r2']))
    const stands = await it.status('ServiceBGPStatus', 'our-a')
    assert.match(stands ?? '', /r2/)
    assert.doesNotMatch(stands ?? '', /r1/)
    assert.equal(await it.status('ServiceBGPStatus', 'our-b'), undefined)
    assert.notEqual(await it.status('ServiceBGPStatus', 'our-n2'), undefined)
  })
}

const countersOf = (availableIPv6: bigint) => ({
  ...{ assignedIPv4: 0n, assignedIPv6: 1n, availableIPv4: 0n, availableIPv6 },
})
