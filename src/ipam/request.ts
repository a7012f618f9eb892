// What a Service asks for, read once from its fields and annotations: family, addresses, pool,
// terms of sharing. Behind this file nobody reads a Service's text.
import { ADDRESS_POOL, LOAD_BALANCER_IPS, userAnnotation } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import type { Labels } from '../api/selector.ts'
import { type Address, compareAddresses, type Family, parseAddress } from '../net/address.ts'
import { type Terms, termsOf } from './sharing.ts'

export type Policy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack'

/** The families an address list covers: one address of each, or nothing that makes sense. */
export type Families = readonly [Family] | readonly [4, 6]

export interface Request {
  /** `namespace/name` */
  readonly key: string
  readonly namespace: string
  readonly labels: Labels
  /** Of its cluster addresses, or as named; undefined when they make no sense (`None`). */
  readonly families: Families | undefined
  /** Families it has inside the cluster; zero only while the API server has not said. */
  readonly clusterIPs: number
  readonly policy: Policy
  /** Preferred when only one of two can be had. */
  readonly primary: Family
  readonly terms: Terms
  /** The addresses it wants; a sentence when what it wrote is wrong. Empty: any. */
  readonly wanted: readonly Address[] | string
  /** The pool it wants; empty: any. */
  readonly pool: string
}

export function requestOf(service: Service): Request {
  const { metadata, spec } = service
  const clusterIPs = spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP].filter(Boolean)
  // A folder of files has no API server that gives cluster addresses; the families say as much.
  const hasClusterIPs = clusterIPs.length > 0
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace ?? '',
    labels: metadata.labels,
    families: hasClusterIPs ? familiesOfTexts(clusterIPs) : familiesNamed(spec.ipFamilies),
    clusterIPs: hasClusterIPs ? clusterIPs.length : spec.ipFamilies.length,
    policy: spec.ipFamilyPolicy ?? 'SingleStack',
    primary: spec.ipFamilies[0] === 'IPv6' ? 6 : 4,
    terms: termsOf(service),
    wanted: wantedAddresses(service),
    pool: userAnnotation(metadata.annotations, ADDRESS_POOL) ?? '',
  }
}

/** One address, or two of different families; anything else is not a set of a Service. */
export function familiesOf(addresses: readonly Address[]): Families | undefined {
  const [first, second] = addresses
  if (!first || addresses.length > 2) return undefined
  if (!second) return [first.family]
  return first.family === second.family ? undefined : [4, 6]
}

function familiesOfTexts(texts: readonly string[]): Families | undefined {
  const parsed = texts.map(parseAddress)
  return parsed.every((at) => at !== undefined) ? familiesOf(parsed) : undefined
}

function familiesNamed(names: Service['spec']['ipFamilies']): Families | undefined {
  if (names.length === 2) return [4, 6]
  return names[0] === undefined ? undefined : [names[0] === 'IPv6' ? 6 : 4]
}

export const sameFamilies = (a: Families, b: Families): boolean =>
  a.length === b.length && a[0] === b[0]

export const printFamilies = (families: readonly Family[]): string =>
  families.map((family) => `IPv${family}`).join(' and ')

function wantedAddresses({ metadata, spec }: Service): readonly Address[] | string {
  const annotated = userAnnotation(metadata.annotations, LOAD_BALANCER_IPS) ?? ''
  if (annotated !== '' && spec.loadBalancerIP !== '') {
    return 'spec.loadBalancerIP and the annotation loadBalancerIPs are both set; keep one of them'
  }
  const written = annotated === '' ? spec.loadBalancerIP : annotated
  if (written === '') return []
  const texts = written.split(',').map((text) => text.trim())
  const addresses = texts.flatMap((text) => parseAddress(text) ?? [])
  const bad = texts.find((text) => !parseAddress(text))
  if (bad !== undefined) return `"${bad}" is not an IP address`
  if (!familiesOf(addresses)) return `"${written}" is not one address, or one of each family`
  return addresses.sort(compareAddresses)
}
