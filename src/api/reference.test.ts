import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { DEFINITIONS, type Definition } from './definitions.ts'
import { EXAMPLES } from './examples.ts'
import { GROUP } from './kinds.ts'
import { renderReference, renderReferenceIndex } from './reference.ts'

for (const { group = GROUP, kind, storage, versions } of DEFINITIONS) {
  test(`the example of ${kind} is valid`, () => {
    const object = parse(EXAMPLES[kind]!)
    assert.equal(object.apiVersion, `${group}/${storage}`)
    assert.equal(object.kind, kind)
    const { spec, status } = versions.find(({ name }) => name === storage)!
    if (object.spec !== undefined) assert.deepEqual(spec!.safeParse(object.spec).error, undefined)
    if (object.status !== undefined) {
      assert.deepEqual(status.safeParse(object.status).error, undefined)
    }
    assert.ok(object.spec || object.status)
  })
}

/** A kind that has an example, with a schema of our own. */
const kindOf = (spec: z.ZodType): Definition => ({
  ...DEFINITIONS.find(({ kind }) => kind === 'BGPPeer')!,
  versions: [
    { name: 'v1', spec: z.strictObject({}), status: z.strictObject({}), deprecation: 'v1 is old' },
    { name: 'v2', spec, status: z.strictObject({}) },
  ],
})

for (const [name, field, row] of [
  [
    'required',
    z.string().meta({ description: 'A name.' }),
    '| `spec.f` | string | required |  | A name. |',
  ],
  ['a range', z.int().min(1).max(9).optional(), '| `spec.f` | integer |  | 1 to 9 |  |'],
  ['one end of a range', z.int().min(1).optional(), '| `spec.f` | integer |  | at least 1 |  |'],
  ['any number', z.int().optional(), '| `spec.f` | integer |  |  |  |'],
  ['a default', z.boolean().default(false), '| `spec.f` | boolean | `false` |  |  |'],
  [
    'a bound only the parser knows',
    z
      .int()
      .min(1)
      .max(32)
      .default(32)
      .meta({ crd: { maximum: null } }),
    '| `spec.f` | integer | `32` | 1 to 32 |  |',
  ],
  ['words', z.enum(['', 'a']).optional(), '| `spec.f` | string |  | empty, `a` |  |'],
  [
    'a list of words',
    z.array(z.enum(['a', 'b'])).min(1),
    '| `spec.f` | list of string | required | `a`, `b`; 1 or more |  |',
  ],
  ['a map', z.record(z.string(), z.string()).optional(), '| `spec.f` | map of string |  |  |  |'],
  [
    'a named type',
    z.array(z.string().meta({ title: 'CIDR' })).optional(),
    '| `spec.f` | list of CIDR |  |  |  |',
  ],
  [
    'a bar',
    z
      .string()
      .regex(/^(a|b)$/)
      .optional(),
    '| `spec.f` | string |  | matches `^(a\\|b)$` |  |',
  ],
  [
    'a CEL rule',
    z
      .string()
      .optional()
      .meta({ 'x-kubernetes-validations': [{ message: 'Never.', rule: 'false' }] }),
    '| `spec.f` | string |  | Never. |  |',
  ],
] as const) {
  test(`a row of a page: ${name}`, () => {
    const page = renderReference(kindOf(z.strictObject({ f: field })))
    assert.ok(page.split('\n').includes(row), page)
  })
}

test('a page: fields of an object stand below it, those of a named type do not', () => {
  const inner = z.strictObject({ x: z.string().optional() })
  const page = renderReference(
    kindOf(
      z.strictObject({
        list: z.array(inner).optional(),
        known: inner.meta({ title: 'LabelSelector' }).optional(),
      }),
    ),
  )
  const fields = [...page.matchAll(/^\| `(spec[^`]*)`/gm)].map(([, field]) => field)
  assert.deepEqual(fields, ['spec.list', 'spec.list[].x', 'spec.known'])
})

test('a page: newest version first, the old one with its warning', () => {
  const page = renderReference(kindOf(z.strictObject({})))
  assert.ok(page.indexOf('## v2') < page.indexOf('## v1'))
  assert.match(page, /## v1\n\n> v1 is old\n/)
})

test('a page: the rules of the whole object stand below the table', () => {
  const spec = z
    .strictObject({ f: z.string() })
    .meta({ 'x-kubernetes-validations': [{ message: 'Not so.', rule: 'false' }] })
  assert.match(renderReference(kindOf(spec)), /Of `spec` as a whole:\n\n- Not so\.\n/)
})

test('the index links every page', () => {
  const index = renderReferenceIndex(DEFINITIONS)
  for (const { kind } of DEFINITIONS) {
    assert.ok(index.includes(`[${kind}](${kind.toLowerCase()}.md)`), kind)
  }
})
