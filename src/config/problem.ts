// What is wrong with an object a user wrote: which object, which field, which rule, in a sentence.
// The same words reach webhook, status, event, log and `ferrule check`.
import type { z } from 'zod'

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

export function printProblem(problem: Problem): string {
  const where = problem.path === '' ? '' : ` ${problem.path}`
  return `${problem.kind} ${problem.namespace}/${problem.name}${where}: ${problem.message}`
}

/** `['spec', 'addresses', 0]` → `spec.addresses[0]`. */
export function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

/** A schema's issues as problems of one object. */
export function problemsOf(ref: ObjectRef, error: z.core.$ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        ...ref,
        path: printPath([...issue.path, key]),
        code: 'unknown-field',
        message: `unknown field "${key}"`,
      }))
    }
    const code = issue.code === 'custom' ? String(issue.params?.code ?? 'invalid') : codeOf(issue)
    return [{ ...ref, path: printPath(issue.path), code, message: issue.message }]
  })
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'required' : 'wrong-type'
  return issue.code.replaceAll('_', '-')
}
