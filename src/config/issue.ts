// What a schema finds wrong, in words for people: zod tells what it expected, we say what to write.
// Sentences that a schema brings along are kept; these are for all others.
import type { z } from 'zod'
import { nearest } from './nearest.ts'

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
}

const nameOf = (type: string): string => NAMES[type] ?? type

/** For `safeParse(…, { error: sentenceOf })`. */
export function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return `is required: ${nameOf(issue.expected)}`
      return `must be ${nameOf(issue.expected)}${butIs(issue)}`
    case 'invalid_value':
      if (issue.input === undefined) return `is required: one of ${issue.values.join(', ')}`
      return `must be one of ${issue.values.join(', ')}${butIs(issue)}`
    case 'too_small':
      return tooFar(issue.origin, `at least ${issue.minimum}`, issue.input)
    case 'too_big':
      return tooFar(issue.origin, `at most ${issue.maximum}`, issue.input)
    default:
      return undefined
  }
}

/** Where a password may stand, what stands there is told to nobody; also of Secrets and their like. */
const SECRETIVE = /^(password(Secret)?|data|stringData)$/

function butIs({ path = [], input }: Pick<z.core.$ZodRawIssue, 'path' | 'input'>): string {
  const isSecret = path.some((step) => SECRETIVE.test(String(step)))
  return isSecret ? '' : `, not ${show(input)}`
}

function tooFar(origin: string, limit: string, input: unknown): string {
  if (origin === 'string') return `must have ${limit} characters`
  if (origin === 'array') return `must have ${limit} entries`
  return `must be ${limit}, not ${show(input)}`
}

/** Short, on one line; objects and lists by their kind only. */
function show(input: unknown): string {
  if (input === null) return 'empty'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'an object'
  const text = JSON.stringify(input) ?? String(input)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}

/** A field that no schema has; with the one that was probably meant. */
export function unknownField(key: string, known: readonly string[]): string {
  const guess = nearest(key, known)
  return `unknown field "${key}"${guess ? `; did you mean "${guess}"?` : ''}`
}

/** The fields a schema knows at a path; none where it says nothing about fields. */
export function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = bare(schema)
  for (const step of path) {
    if (!at) return []
    const { def } = at._zod as unknown as { def: Def }
    const next = def.type === 'array' ? def.element : def.shape?.[String(step)]
    at = next && bare(next)
  }
  const { def } = (at?._zod ?? {}) as { def?: Def }
  return Object.keys(def?.shape ?? {})
}

interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly element?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly out?: z.core.$ZodType
}

/** Without what wraps it: optional, default, and the transform that follows or precedes. */
function bare(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as unknown as { def: Def }
  if (def.innerType) return bare(def.innerType)
  if (def.type !== 'pipe' || !def.in || !def.out) return schema
  const inside = bare(def.in)
  const { def: inner } = inside._zod as unknown as { def: Def }
  return inner.shape || inner.element ? inside : bare(def.out)
}
