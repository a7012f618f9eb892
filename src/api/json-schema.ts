// zod schema → JSON schema, twice: as it is for the reference pages, and as the "structural schema"
// of a CustomResourceDefinition, which allows less. Apart from `crd.ts` because all rules of
// translation stand here, and none about kinds.
//
// What a schema may say in `.meta` beside standard JSON schema keys:
//   title   the name of a type that the pages show as one word (`duration`, `LabelSelector`)
//   crd     keys in which the CRD differs from the parser; null leaves a key out
//   x-kubernetes-*   copied into the CRD
import assert from 'node:assert/strict'
import { z } from 'zod'

export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: false | JsonSchema
  readonly required?: readonly string[]
  readonly crd?: Readonly<Record<string, unknown>>
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic'
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

export interface CelRule {
  readonly message: string
  /** CEL for the same sentence with values in it. */
  readonly messageExpression?: string
  readonly rule: string
  /** The field to blame, from the node that has the rule. */
  readonly fieldPath?: string
}

/** What a user may write, as the parser sees it. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    // What is written, not what it is parsed to.
    io: 'input',
    reused: 'inline',
    // A bigint says its JSON type in `.meta`; `structural` finds whoever forgot.
    unrepresentable: 'any',
    // JavaScript prints a slash escaped; nobody else needs that.
    override: ({ jsonSchema }) => {
      if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\/', '/')
    },
  }) as JsonSchema
}

// The order in which a node is printed. A key that is not here is a misspelling.
const CRD_KEYS = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'anyOf',
  'items',
  'properties',
  'additionalProperties',
  'required',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
] as const satisfies readonly (keyof JsonSchema)[]
const KNOWN: ReadonlySet<string> = new Set([...CRD_KEYS, 'title', 'crd'])

/** The same for the API server. `path` names the place in the message of a failed assertion. */
export function structural(schema: JsonSchema, path: string): JsonSchema {
  const node: Record<string, unknown> = { ...schema, ...ofItsKind(schema, path), ...schema.crd }
  for (const key of Object.keys(node)) assert(KNOWN.has(key), `${path}: "${key}" in a schema`)
  const entries = CRD_KEYS.map((key) => [key, node[key]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null))
}

function ofItsKind(schema: JsonSchema, path: string): JsonSchema | Record<string, undefined> {
  // The API server takes this union in no other words, bounds included.
  if (schema['x-kubernetes-int-or-string']) {
    return { anyOf: [{ type: 'integer' }, { type: 'string' }] }
  }
  assert(schema.type, `${path}: a schema without a type (a union or an unknown) is not structural`)
  assert(!schema.anyOf, `${path}: a union is not structural; write optional fields and a CEL rule`)
  return {
    default: isZero(schema.default) ? undefined : schema.default,
    minimum: schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum,
    maximum: schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum,
    items: schema.items && structural(schema.items, `${path}[]`),
    properties: propertiesOf(schema, path),
    additionalProperties: valuesOf(schema, path),
  }
}

// A default that says the same as leaving the field out would only be stored in every object and
// show up in every diff. Worse, a transition rule (`self == oldSelf`) would hold from the start.
const isZero = (value: unknown) =>
  value === 0 || value === false || value === '' || (Array.isArray(value) && value.length === 0)

function propertiesOf({ properties = {} }: JsonSchema, path: string) {
  const entries = Object.entries(properties)
  if (entries.length === 0) return undefined
  return Object.fromEntries(
    entries.map(([name, field]) => [name, structural(field, `${path}.${name}`)]),
  )
}

// `z.strictObject` says "no other properties". The API server prunes them anyway, and refuses a
// schema that has both this key and `properties`; the parser goes on to report them.
function valuesOf({ additionalProperties: values }: JsonSchema, path: string) {
  return values ? structural(values, `${path}.*`) : undefined
}
