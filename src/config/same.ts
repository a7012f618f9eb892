// Whether two parsed values mean the same. Our own and not node:util's deep equality, because that
// one cannot see into a Secret and would call two passwords equal.
import { Secret } from '../api/secret.ts'

export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal()
  }
  if (Array.isArray(a) || Array.isArray(b)) return sameList(a, b)
  if (a instanceof Set || b instanceof Set) return sameSet(a, b)
  if (a instanceof Map || b instanceof Map) return sameMap(a, b)
  return sameFields(a as Record<string, unknown>, b as Record<string, unknown>)
}

function sameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  return a.every((one, index) => sameValue(one, b[index]))
}

function sameSet(a: object, b: object): boolean {
  if (!(a instanceof Set) || !(b instanceof Set) || a.size !== b.size) return false
  return [...a].every((one) => b.has(one))
}

function sameMap(a: object, b: object): boolean {
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false
  return [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)))
}

/** `now`, but as the very object of before when nothing changed: memos depend on identity. */
export const keepIdentity = <T>(before: T | undefined, now: T): T =>
  before !== undefined && sameValue(before, now) ? before : now

/** A field that is undefined is one that is not there. */
function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => sameValue(a[key], b[key]))
}
