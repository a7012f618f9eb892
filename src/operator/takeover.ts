// What MetalLB or a person installed becomes ours to the last field: what somebody else wrote stays in
// an object for ever, whatever we apply, and a container of MetalLB's with it. So managedFields are
// told that it was us, and our next apply removes what it does not name. Pure.
import type { FieldTree, ManagedFields, StandingObject } from './standing.ts'

/** Of MetalLB's operator: what that one applied is ours already. */
export const FIELD_MANAGER = 'metallb-operator'

/** Writes what it has worked out, not what somebody wants. */
const WORKERS: ReadonlySet<string> = new Set(['kube-controller-manager'])

/** The new managedFields; undefined: nobody but us has a say in it. */
export function takenOver({
  apiVersion,
  kind,
  metadata,
}: StandingObject): ManagedFields[] | undefined {
  const entries = metadata.managedFields ?? []
  const isOurs = ({ manager, operation }: ManagedFields) =>
    manager === FIELD_MANAGER && operation === 'Apply'
  const isTaken = (one: ManagedFields) =>
    !one.subresource && one.apiVersion === apiVersion && !WORKERS.has(one.manager ?? '')
  const taken = entries.filter((one) => isTaken(one) && !isOurs(one))
  const split = taken.map((one) => ({ one, ...partsOf(one.fieldsV1 ?? {}, kind) }))
  if (split.every(({ theirs }) => isEmpty(theirs))) return undefined
  const ours = entries.filter((one) => isTaken(one) && isOurs(one))
  const fields = [
    ...ours.map(({ fieldsV1 = {} }) => fieldsV1),
    ...split.map(({ theirs }) => theirs),
  ]
  const kept = split.filter(({ left }) => !isEmpty(left))
  return [
    ...entries.filter((one) => !isTaken(one)),
    ...kept.map(({ one, left }) => ({ ...one, fieldsV1: left })),
    {
      ...{ manager: FIELD_MANAGER, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1' },
      fieldsV1: fields.reduce(union, {}),
    },
  ]
}

/** Who they are, for people to read. */
export function formerManagers({ metadata }: StandingObject): string[] {
  const entries = (metadata.managedFields ?? []).filter(({ subresource }) => !subresource)
  const managers = entries.map(({ manager = '' }) => manager)
  return [...new Set(managers.filter((name) => !WORKERS.has(name)))].sort()
}

/**
 * What is taken, and what is left to whom it belongs: labels and annotations of the object itself, which
 * others put there for their own ends, and the keys in a Secret. Who signed a webhook's certificate is
 * filled in by the controller; it is taken from everybody, and so removed by nobody.
 */
function partsOf(fields: FieldTree, kind: string): { theirs: FieldTree; left: FieldTree } {
  const isLeft = (key: string) => key === 'f:metadata' || (kind === 'Secret' && key === 'f:data')
  const only = (wanted: boolean) =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => isLeft(key) === wanted))
  return { theirs: withoutBundles(only(false)), left: only(true) }
}

const withoutBundles = (tree: FieldTree): FieldTree =>
  Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => key !== 'f:caBundle')
      .map(([key, one]) => [key, withoutBundles(one)]),
  )

/** A field is in both, or it leads to more of them; `.` stands for the list or map itself. */
function union(one: FieldTree, other: FieldTree): FieldTree {
  const all: Record<string, FieldTree> = { ...one }
  for (const [key, tree] of Object.entries(other)) {
    const there = Object.hasOwn(all, key) ? all[key] : undefined
    all[key] = there ? union(there, tree) : tree
  }
  return all
}

const isEmpty = (tree: FieldTree): boolean => Object.keys(tree).length === 0
