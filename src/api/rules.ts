// Rules within one object, each said twice side by side: for our own parser, and in CEL for the API
// server, which refuses in the same words whether a webhook answers or not.
import assert from 'node:assert/strict'
import type { z } from 'zod'
import type { CelRule } from './json-schema.ts'

/** What the API server is told. */
export interface Law<Value = unknown> {
  /** Each `{}` stands for the next of the values shown; of a single field, for the field itself. */
  readonly message: string
  readonly shown?: readonly Shown<Value>[]
  /** True where the rule is kept. */
  readonly cel: string
  /** Of an object: the field to blame. */
  readonly at?: string
}

/** Text only: the API server cannot tell how long a number is as text, and refuses the expression. */
export interface Shown<Value = unknown> {
  readonly cel: string
  of(value: Value): unknown
}

/** A law, and the same for us. */
export interface Rule<Value> extends Law<Value> {
  /** Kebab-case, for machines. */
  readonly code: string
  holds(value: Value): boolean
}

/** The schema, keeping these rules. A `.meta` that is added later must not name CEL rules again. */
export function keeping<Schema extends z.ZodType>(
  schema: Schema,
  rules: readonly Rule<z.output<Schema>>[],
): Schema {
  const kept = schema.superRefine((value, ctx) => {
    for (const rule of rules.filter((one) => !one.holds(value))) {
      const path = rule.at === undefined ? [] : [rule.at]
      refuse(ctx, { code: rule.code, message: sentence(rule, value), path, input: value })
    }
  })
  return kept.meta({ 'x-kubernetes-validations': rules.map(celOf) })
}

/** Adds an issue that carries a code of ours beside the sentence; `config/problem.ts` reads it. */
export function refuse(
  ctx: z.core.$RefinementCtx,
  issue: { code: string; message: string; path?: (string | number)[]; input?: unknown },
): void {
  const { code, message, path, input } = issue
  ctx.addIssue({ code: 'custom', params: { code }, message, path: path ?? [], input })
}

const ITSELF: Shown<never> = { cel: 'self', of: (value) => value }

/** The sentence with the values in it. */
export function sentence<Value>(law: Law<Value>, value: Value): string {
  const [first = '', ...rest] = law.message.split('{}')
  return rest.reduce((text, part, at) => `${text}${shownAt(law, at).of(value)}${part}`, first)
}

/** Without values the message is what pages show, and what is left should the expression fail. */
export function celOf(law: Law<never>): CelRule {
  const { message, cel: rule, at } = law
  return {
    message: message.replaceAll('{}', '…'),
    ...(message.includes('{}') ? { messageExpression: expression(law) } : {}),
    rule,
    ...(at === undefined ? {} : { fieldPath: `.${at}` }),
  }
}

function expression(law: Law<never>): string {
  const [first = '', ...rest] = law.message.split('{}')
  const parts = rest.flatMap((part, at) => [shownAt(law, at).cel, quoted(part)])
  return [quoted(first), ...parts].filter((part) => part !== "''").join(' + ')
}

function shownAt<Value>({ shown = [ITSELF], message }: Law<Value>, at: number): Shown<Value> {
  const one = shown[at]
  assert(one, `"${message}" shows more values than it has`)
  return one
}

/** A CEL string. */
export const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

/** CEL: a field that is there and not empty; the API writes "not given" in both ways. */
export const given = (field: string): string => `(has(self.${field}) && self.${field} != '')`
