// An object as the API server has it, as far as the operator looks: whose it is, and who wrote it. Pure.
import type { KubeObject } from './objects.ts'

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** Who wrote which fields (managedFields); the fields as a tree of `f:name` and `k:{…}`. */
export interface ManagedFields {
  readonly manager?: string
  readonly operation?: string
  readonly apiVersion?: string
  readonly fieldsType?: string
  readonly fieldsV1?: FieldTree
  readonly subresource?: string
  readonly time?: string
}
export type FieldTree = { readonly [key: string]: FieldTree }

export interface StandingObject extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly uid?: string
    readonly resourceVersion?: string
    readonly generation?: number
    readonly deletionTimestamp?: string
    readonly ownerReferences?: readonly OwnerReference[]
    readonly managedFields?: readonly ManagedFields[]
  }
}

/** Every object that this operator has applied carries it; what MetalLB's has applied does not. */
export const MARK = { 'app.kubernetes.io/managed-by': 'ferrule-operator' } as const

export const isMarked = ({ metadata: { labels = {} } }: StandingObject): boolean =>
  Object.entries(MARK).every(([key, value]) => labels[key] === value)

export const isOwnedBy = ({ metadata }: StandingObject, uid: string | undefined): boolean =>
  uid !== undefined &&
  (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.controller === true)
