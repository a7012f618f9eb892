import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { jsonSchemaOf, structural } from './json-schema.ts'

const crdOf = (schema: z.ZodType) => structural(jsonSchemaOf(schema), 'Kind spec')

for (const [name, schema, expected] of [
  ['the safe integer bounds go', z.int(), { type: 'integer' }],
  ['other bounds stay', z.int().min(1).max(9), { type: 'integer', minimum: 1, maximum: 9 }],
  ['a default stays', z.int().default(179), { type: 'integer', default: 179 }],
  ['a default that is the zero value goes', z.int().default(0), { type: 'integer' }],
  [
    'so does an empty list',
    z.array(z.int()).default([]),
    { type: 'array', items: { type: 'integer' } },
  ],
  [
    'unless asked for',
    z
      .boolean()
      .default(false)
      .meta({ crd: { default: false } }),
    { type: 'boolean', default: false },
  ],
  [
    'null in crd leaves a key out',
    z
      .int()
      .min(0)
      .max(5)
      .meta({ crd: { maximum: null } }),
    { type: 'integer', minimum: 0 },
  ],
  [
    'crd survives what is wrapped around it',
    z
      .int()
      .min(0)
      .meta({ crd: { minimum: null } })
      .optional()
      .meta({ description: 'One.' }),
    { description: 'One.', type: 'integer' },
  ],
  ['a title is for the pages', z.string().meta({ title: 'duration' }), { type: 'string' }],
  [
    'a slash in a pattern needs no escape',
    z.string().regex(/^a\/b$/),
    { type: 'string', pattern: '^a/b$' },
  ],
  ['what is written counts, not what it becomes', z.string().transform(Number), { type: 'string' }],
  [
    'a count beyond 2^53',
    z.bigint().meta({ type: 'integer', format: 'int64' }),
    { type: 'integer', format: 'int64' },
  ],
  [
    'a map',
    z.record(z.string(), z.string()),
    { type: 'object', additionalProperties: { type: 'string' } },
  ],
  [
    'a strict object',
    z.strictObject({ a: z.string(), b: z.string().optional() }),
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a'],
    },
  ],
  ['an empty object', z.strictObject({}), { type: 'object' }],
  [
    'int-or-string, in the only words allowed',
    z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true }),
    { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
  ],
] as const) {
  test(`structural schema: ${name}`, () => assert.deepEqual(crdOf(schema), expected))
}

for (const [name, schema, message] of [
  ['a union', z.strictObject({ a: z.union([z.int(), z.string()]) }), /Kind spec\.a: .*union/],
  ['anything', z.array(z.unknown()), /Kind spec\[\]: a schema without a type/],
  ['a bigint that does not say its type', z.record(z.string(), z.bigint()), /Kind spec\.\*: /],
  ['a key nobody knows', z.string().meta({ formt: 'int32' }), /"formt"/],
  ['a key nobody knows, in crd', z.string().meta({ crd: { minimun: null } }), /"minimun"/],
] as const) {
  test(`structural schema: ${name} is refused`, () => {
    assert.throws(() => crdOf(schema), message)
  })
}

test('the pages see what the CRD leaves out', () => {
  const schema = jsonSchemaOf(
    z
      .int()
      .max(32)
      .default(0)
      .meta({ crd: { maximum: null } }),
  )
  assert.equal(schema.maximum, 32)
  assert.equal(schema.default, 0)
})
