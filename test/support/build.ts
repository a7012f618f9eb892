// Objects and worlds for tests, written as short as YAML allows and parsed by the real schemas, so
// that a test cannot use an object the product would refuse.
import assert from 'node:assert/strict'
import { SERVICE_NAME_LABEL } from '../../src/api/annotations.ts'
import type { EndpointSlice, Namespace, Node, Service } from '../../src/api/core.ts'
import type { AnyObject, KindName, ObjectsByKind, RawObject } from '../../src/api/kinds.ts'
import { parseObject } from '../../src/config/parse.ts'
import { type Problem, printProblem } from '../../src/config/problem.ts'
import { type Accepted, type ConfigObjects, resolve } from '../../src/config/resolve.ts'
import { installedLogLevelOf, type World } from '../../src/reconciler/world.ts'

export const NAMESPACE = 'metallb-system'

export interface Meta {
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  /** `creationTimestamp`; a bare number is that many seconds into 2026. */
  readonly created?: string | number
}

type Fields = Record<string, unknown>

const API_VERSIONS: Record<KindName, string> = {
  IPAddressPool: 'metallb.io/v1beta1',
  AddressPool: 'metallb.io/v1beta1',
  BGPPeer: 'metallb.io/v1beta2',
  BGPAdvertisement: 'metallb.io/v1beta1',
  L2Advertisement: 'metallb.io/v1beta1',
  BFDProfile: 'metallb.io/v1beta1',
  Community: 'metallb.io/v1beta1',
  MetalLB: 'metallb.io/v1beta1',
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Node: 'v1',
  Namespace: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
}

/** An object as a user would write it. */
export function raw(kind: KindName, name: string, body: Fields, meta: Meta = {}): RawObject {
  const { created, ...rest } = meta
  const creationTimestamp =
    typeof created === 'number'
      ? new Date(Date.UTC(2026, 0, 1, 0, 0, created)).toISOString()
      : created
  const metadata = { name, ...rest, ...(creationTimestamp ? { creationTimestamp } : {}) }
  return { apiVersion: API_VERSIONS[kind], kind, metadata, ...body } as RawObject
}

/** The parsed object. Fails the test when a schema refuses it. */
export function build<K extends KindName>(kind: K, name: string, body: Fields, meta: Meta = {}) {
  const parsed = parseObject(raw(kind, name, body, meta), NAMESPACE)
  const wrong = 'problems' in parsed ? parsed.problems.map(printProblem) : []
  assert.deepEqual(wrong, [], `${kind} "${name}" must be valid`)
  return (parsed as { object: AnyObject }).object as ObjectsByKind[K]
}

/** What the schemas find wrong with it. Fails the test when they find nothing. */
export function refusal(kind: KindName, name: string, spec: Fields, meta: Meta = {}): Problem[] {
  const parsed = parseObject(raw(kind, name, { spec }, meta), NAMESPACE)
  assert.ok('problems' in parsed, `${kind} "${name}" must be refused`)
  return parsed.problems
}

/** `pool('a', ['192.0.2.0/24'])`, or with all of its spec. */
export const pool = (name: string, spec: Fields | string[], meta?: Meta) =>
  build('IPAddressPool', name, { spec: Array.isArray(spec) ? { addresses: spec } : spec }, meta)

export const legacyPool = (name: string, spec: Fields, meta?: Meta) =>
  build('AddressPool', name, { spec }, meta)

export const peer = (name: string, spec: Fields = {}, meta?: Meta) => {
  const far = 'interface' in spec || 'peerAddress' in spec ? {} : { peerAddress: '10.0.0.1' }
  const asn = 'dynamicASN' in spec ? {} : { peerASN: 64501 }
  return build('BGPPeer', name, { spec: { myASN: 64500, ...asn, ...far, ...spec } }, meta)
}

export const bgpAd = (name: string, spec: Fields = {}, meta?: Meta) =>
  build('BGPAdvertisement', name, { spec }, meta)

export const l2Ad = (name: string, spec: Fields = {}, meta?: Meta) =>
  build('L2Advertisement', name, { spec }, meta)

export const bfdProfile = (name: string, spec: Fields = {}, meta?: Meta) =>
  build('BFDProfile', name, { spec }, meta)

/** `community('customers', { blue: '64500:1' })` */
export const community = (name: string, aliases: Record<string, string>, meta?: Meta) => {
  const communities = Object.entries(aliases).map(([alias, value]) => ({ name: alias, value }))
  return build('Community', name, { spec: { communities } }, meta)
}

export const secret = (name: string, data: Record<string, string>, type?: string, meta?: Meta) =>
  build(
    'Secret',
    name,
    { stringData: data, ...(type ? { type } : {}) },
    { namespace: NAMESPACE, ...meta },
  )

export const basicAuth = (name: string, password: string, meta?: Meta) =>
  secret(name, { password }, 'kubernetes.io/basic-auth', meta)

export const extras = (text: string) =>
  build('ConfigMap', 'bgpextras', { data: { extras: text } }, { namespace: NAMESPACE })

export const node = (name: string, labels: Record<string, string> = {}, status: Fields = {}) =>
  build('Node', name, { status }, { labels: { 'kubernetes.io/hostname': name, ...labels } })

export const namespace = (name: string, labels: Record<string, string> = {}) =>
  build('Namespace', name, {}, { labels })

export interface ServiceMeta extends Meta {
  /** Addresses in its status. */
  readonly ips?: readonly string[]
  readonly ingress?: readonly Fields[]
}

/** A LoadBalancer Service in `default` with one IPv4 cluster address; ports may be numbers. */
export function service(name: string, spec: Fields = {}, meta: ServiceMeta = {}): Service {
  const { ips, ingress, ...rest } = meta
  const ports = (spec.ports as (number | Fields)[] | undefined) ?? [80]
  const full = {
    type: 'LoadBalancer',
    clusterIPs: ['10.96.0.1'],
    selector: { app: name },
    ...spec,
    ports: ports.map((port) => (typeof port === 'number' ? { port } : port)),
  }
  const entries = ingress ?? (ips ?? []).map((ip) => ({ ip }))
  const status = { loadBalancer: { ingress: entries } }
  return build('Service', name, { spec: full, status }, rest)
}

/** `slice('web', [{ nodeName: 'a', addresses: ['10.1.0.1'] }])`: endpoints of the Service `web`. */
export function slice(of: string, endpoints: Fields[], meta: Meta = {}): EndpointSlice {
  const labels = { [SERVICE_NAME_LABEL]: of, ...meta.labels }
  return build('EndpointSlice', `${of}-1`, { endpoints }, { ...meta, labels })
}

export type Given = AnyObject | Problem

/** Objects (and refusals) in any order → the input of `resolve`. */
export function configObjects(given: readonly Given[]): ConfigObjects {
  const kinds: Record<string, AnyObject[]> = {}
  const refused: Problem[] = []
  for (const one of given) {
    if ('code' in one) refused.push(one)
    else (kinds[one.kind] ??= []).push(one)
  }
  return { ...kinds, namespace: NAMESPACE, refused } as ConfigObjects
}

export interface WorldGiven {
  readonly lbClass?: string
  readonly now?: number
  readonly previous?: Accepted
}

/** A world of these objects, configuration resolved. */
export function world(given: readonly Given[], options: WorldGiven = {}): World {
  const { config, problems } = resolve(configObjects(given), options.previous)
  const of = <K extends KindName>(kind: K) =>
    given.filter((one): one is ObjectsByKind[K] => !('code' in one) && one.kind === kind)
  return {
    now: options.now ?? Date.UTC(2026, 0, 2),
    namespace: NAMESPACE,
    lbClass: options.lbClass ?? '',
    installedLogLevel: installedLogLevelOf(of('MetalLB'), NAMESPACE),
    config,
    problems,
    services: new Map(
      of('Service')
        .map((one) => [keyIn(one), one] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    slices: Map.groupBy(of('EndpointSlice'), ({ metadata }) => {
      return `${metadata.namespace}/${metadata.labels[SERVICE_NAME_LABEL]}`
    }),
    nodes: byName<Node>(of('Node')),
    namespaces: byName<Namespace>(of('Namespace')),
  }
}

const keyIn = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`

const byName = <T extends Node | Namespace>(list: readonly T[]): Map<string, T> =>
  new Map(list.map((one) => [one.metadata.name, one]))
