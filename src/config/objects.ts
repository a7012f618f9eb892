// What configuration is made of: parsed objects by kind, and the view of them that the rules need.
// Separate from the rules, so that every source (API server, folder, webhook) can fill it.

import type { SecretObject } from '../api/core.ts'
import type { Metadata } from '../api/fields.ts'
import type { ObjectsByKind } from '../api/kinds.ts'
import type { Labels } from '../api/selector.ts'
import { type ObjectRef, type Problem, problemAt } from './problem.ts'

/** Our own kinds: each object of them is accepted or refused by itself. */
export const OWN_KINDS = [
  'BFDProfile',
  'Community',
  'IPAddressPool',
  'AddressPool',
  'BGPPeer',
  'BGPAdvertisement',
  'L2Advertisement',
] as const
export type OwnKind = (typeof OWN_KINDS)[number]

export type ConfigKind = OwnKind | 'Secret' | 'Node' | 'Namespace' | 'ConfigMap'

export type ConfigObjects = {
  /** Where our configuration stands; objects of our kinds anywhere else do not count. */
  readonly namespace: string
  /** What the schemas found. An object that is refused is not among the parsed ones. */
  readonly refused?: readonly Problem[]
} & { readonly [Kind in ConfigKind]?: readonly ObjectsByKind[Kind][] }

/** A Node, a Namespace or a pool, as a selector sees it. */
export interface Labelled {
  readonly name: string
  readonly labels: Labels
}

export const labelled = (object: { readonly metadata: Metadata }): Labelled => ({
  name: object.metadata.name,
  labels: object.metadata.labels,
})

export function secretsOf(objects: ConfigObjects): Map<string, SecretObject> {
  const ours = (objects.Secret ?? []).filter((one) => isIn(one, objects.namespace))
  return new Map(ours.map((one) => [one.metadata.name, one]))
}

/** Text for the end of FRR's configuration: key `extras` of the ConfigMap `bgpextras`. */
export function extrasOf(objects: ConfigObjects): string {
  const map = (objects.ConfigMap ?? []).find(
    (one) => one.metadata.name === 'bgpextras' && isIn(one, objects.namespace),
  )
  return map?.data.extras ?? ''
}

export function wrongNamespaces(objects: ConfigObjects): Problem[] {
  return OWN_KINDS.flatMap((kind) =>
    (objects[kind] ?? [])
      .filter((object) => !isIn(object, objects.namespace))
      .map((object) => {
        const message = `resource must be created in ${objects.namespace} namespace; here it has no effect`
        return problemAt(refTo(object, kind), 'metadata.namespace', 'wrong-namespace', message)
      }),
  )
}

export const isIn = (object: { readonly metadata: Metadata }, namespace: string): boolean =>
  object.metadata.namespace === namespace

export const refTo = (object: { readonly metadata: Metadata }, kind: string): ObjectRef => ({
  kind,
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
})
