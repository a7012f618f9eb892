// What differs between two sets of objects, a line for each: where, what stood there, what stands there.
import { type KubeObject, keyOf } from '../../src/operator/objects.ts'

/** What is new is told by how it differs from `known`, where it stands there. */
export function changesBetween(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
  known: readonly KubeObject[],
): string[] {
  const [old, fresh, base] = [before, after, known].map(
    (list) => new Map(list.map((one) => [keyOf(one), one])),
  )
  const keys = [...new Set([...old!.keys(), ...fresh!.keys()])]
  return keys.flatMap((key) => {
    const [was, is] = [old!.get(key), fresh!.get(key)]
    if (was && is) return differences(key, was, is)
    if (was) return [`- ${key}`]
    const like = base!.get(key)
    return [`+ ${key}`, ...(like ? differences(key, like, is) : [])]
  })
}

function differences(path: string, was: unknown, is: unknown): string[] {
  const [left, right] = [fieldsOf(was), fieldsOf(is)]
  if (left && right) {
    const keys = [...new Set([...left.keys(), ...right.keys()])]
    return keys.flatMap((key) => differences(`${path} ${key}`, left.get(key), right.get(key)))
  }
  const [old, fresh] = [was, is].map((value) => JSON.stringify(value))
  if (old === fresh) return []
  if (old === undefined) return [`+ ${path}: ${fresh}`]
  return fresh === undefined ? [`- ${path}: ${old}`] : [`~ ${path}: ${old} → ${fresh}`]
}

/** Items of a list by their names, so that one more at the front does not change all. */
function fieldsOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((one, index) => [nameOf(one, index), one]))
  if (typeof value !== 'object' || value === null) return undefined
  return new Map(Object.entries(value))
}

function nameOf(item: unknown, index: number): string {
  if (typeof item === 'string') return `[${item.replace(/=.*/s, '=')}]`
  const { mountPath, name, key } = (item ?? {}) as Record<string, unknown>
  return `[${mountPath ?? name ?? key ?? index}]`
}
