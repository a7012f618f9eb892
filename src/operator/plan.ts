// What to do so that an installation is as it should be: what to apply, what to take over first, and
// what to remove. Pure.
import { hash } from 'node:crypto'
import { type KubeObject, keyOf } from './objects.ts'
import { isMarked, isOwnedBy, MARK, type OwnerReference, type StandingObject } from './standing.ts'

export interface Owners {
  /** The MetalLB object: Kubernetes removes with it what stands in its namespace. */
  readonly metallb: OwnerReference
  /** Its namespace, for what stands in none. */
  readonly namespace: OwnerReference
}

/** As it shall be: ours to see, and gone when its owner goes. */
export function stamp(object: KubeObject, { metallb, namespace }: Owners): StandingObject {
  const { metadata } = object
  const owner = metadata.namespace ? metallb : namespace
  const labels = { ...metadata.labels, ...MARK }
  return { ...object, metadata: { ...metadata, labels, ownerReferences: [owner] } }
}

export interface Seen {
  /** By `keyOf`. */
  readonly standing: ReadonlyMap<string, StandingObject>
  /** What was applied last, and what stood there then. */
  readonly applied: ReadonlyMap<string, Applied>
}

export interface Applied {
  readonly wanted: string
  readonly stood: string
}

export interface Steps {
  /** What somebody else has made, MetalLB's operator among them: taken over, and then applied. */
  readonly adopt: readonly StandingObject[]
  readonly apply: readonly StandingObject[]
  readonly remove: readonly StandingObject[]
}

/** `uid`: of the MetalLB object; without one nothing is wanted. */
export function planSteps(
  wanted: readonly StandingObject[],
  { standing, applied }: Seen,
  uid: string | undefined,
): Steps {
  const apply = wanted.filter((one) => !isDone(one, standing.get(keyOf(one)), applied))
  const keys = new Set(wanted.map(keyOf))
  const remove = [...standing]
    .filter(([key, one]) => !keys.has(key) && isOursToRemove(one, uid))
    .map(([, one]) => one)
  const adopt = apply.flatMap((one) => {
    const there = standing.get(keyOf(one))
    return there && !isMarked(there) ? [there] : []
  })
  return { adopt, apply, remove }
}

/** Equal as far as anybody but Kubernetes writes it. */
const isDone = (
  wanted: StandingObject,
  there: StandingObject | undefined,
  applied: ReadonlyMap<string, Applied>,
): boolean => {
  const last = applied.get(keyOf(wanted))
  return (
    there !== undefined &&
    !there.metadata.deletionTimestamp &&
    last?.wanted === digest(wanted) &&
    last.stood === digest(there)
  )
}

/** Of two equal ones it is the same; how far it is, and how often it was changed, do not count. */
export function digest({ status: _status, ...object }: StandingObject): string {
  const { resourceVersion, generation, managedFields, annotations = {}, ...rest } = object.metadata
  const ours = Object.entries(annotations).filter(([key]) => !COUNTED.test(key))
  const metadata = { ...rest, annotations: Object.fromEntries(ours) }
  return hash('sha1', JSON.stringify({ ...object, metadata }), 'base64')
}

/** Kubernetes counts in annotations what it has rolled out. */
const COUNTED =
  /^(?:deployment\.kubernetes\.io\/revision|deprecated\.daemonset\.template\.generation)$/

/**
 * What MetalLB's operator made names the MetalLB object as its owner, as ours does: it is theirs or ours
 * for certain. An object of no namespace has our mark. Everything else is somebody's.
 */
function isOursToRemove(one: StandingObject, uid: string | undefined): boolean {
  if (one.metadata.deletionTimestamp) return false
  if (!one.metadata.namespace) return isMarked(one)
  // Without an owner Kubernetes removes it.
  return isOwnedBy(one, uid)
}
