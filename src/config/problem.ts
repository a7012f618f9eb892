// What is wrong with an object a user wrote: which object, which field, which rule, in a sentence.
// The same words reach webhook, status, event, log and `ferrule check`.
import type { z } from 'zod'
import { fieldsAt, unknownField } from './issue.ts'

export interface ObjectRef {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface Problem extends ObjectRef {
  /** The field, e.g. `spec.addresses[0]`; empty for the whole object. */
  readonly path: string
  /** The rule, kebab-case; stable, for machines. */
  readonly code: string
  readonly message: string
  /** The reference may come true later (a Secret, a profile, an alias that is not there yet). */
  readonly transient?: true
}

export const keyOf = (ref: ObjectRef): string => `${ref.kind}/${ref.namespace}/${ref.name}`

/** One problem of one field. */
export function problemAt(ref: ObjectRef, path: string, code: string, message: string): Problem {
  return { kind: ref.kind, namespace: ref.namespace, name: ref.name, path, code, message }
}

/** Order: by object, then by field; equal sets of problems print equally. */
export function compareProblems(a: Problem, b: Problem): number {
  return (
    compareText(keyOf(a), keyOf(b)) ||
    compareText(a.path, b.path) ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  )
}

/** By code unit, as every list of ours is sorted; never by locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function printProblem(problem: Problem): string {
  const where = problem.path === '' ? '' : ` ${problem.path}`
  return `${printRef(problem)}${where}: ${problem.message}`
}

/** `BGPPeer metallb-system/r1`; what has no namespace goes by its name alone. */
export const printRef = ({ kind, namespace, name }: ObjectRef): string =>
  `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`

/** `['spec', 'addresses', 0]` → `spec.addresses[0]`. */
export function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

/** A schema's issues as problems of one object. */
export function problemsOf(
  ref: ObjectRef,
  error: z.core.$ZodError,
  schema: z.core.$ZodType,
): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...ref,
        path: printPath([...issue.path, key]),
        code: 'unknown-field',
        message: unknownField(key, fieldsAt(schema, issue.path)),
      }))
    }
    const code = issue.code === 'custom' ? String(issue.params?.code ?? 'invalid') : codeOf(issue)
    return [{ ...ref, path: printPath(issue.path), code, message: issue.message }]
  })
}

function codeOf(issue: z.core.$ZodIssue): string {
  const isTyping = issue.code === 'invalid_type' || issue.code === 'invalid_value'
  if (isTyping && issue.input === undefined) return 'required'
  if (issue.code === 'invalid_type') return 'wrong-type'
  return issue.code.replaceAll('_', '-')
}
