// The door through which an object enters: raw → typed, or every problem found in it. Behind it
// there is no unparsed text.
import type { Metadata } from '../api/fields.ts'
import { type AnyObject, CLUSTER_SCOPED, GROUP, type RawObject, SCHEMAS } from '../api/kinds.ts'
import { sentenceOf } from './issue.ts'
import { nearest } from './nearest.ts'
import { type ObjectRef, type Problem, problemsOf } from './problem.ts'

export type Parsed = { readonly object: AnyObject } | { readonly problems: Problem[] }

/** Kinds that count only in our own namespace. */
export const isConfiguration = (apiVersion: string): boolean => apiVersion.startsWith(`${GROUP}/`)

export const isReadKind = (apiVersion: string, kind: string): boolean =>
  SCHEMAS.has(`${apiVersion}/${kind}`)

/**
 * Raw object to typed object. `defaultNamespace` is used where the object names none (a file, not
 * the API server): ours for configuration, `default` for the rest.
 */
export function parseObject(raw: RawObject, ourNamespace: string): Parsed {
  const ref = refOf(raw, ourNamespace)
  const schema = SCHEMAS.get(`${raw.apiVersion}/${raw.kind}`)
  if (!schema) return { problems: [unknownKind(ref, raw.apiVersion)] }
  const parsed = schema.safeParse(raw, { reportInput: true, error: sentenceOf })
  if (!parsed.success) return { problems: problemsOf(ref, parsed.error, schema) }
  const object = parsed.data as AnyObject
  const named = { ...object, metadata: { ...object.metadata, namespace: ref.namespace } }
  return { object: named as AnyObject }
}

export function refOf(object: RawObject | AnyObject, ourNamespace = ''): ObjectRef {
  const {
    kind,
    apiVersion,
    metadata: meta,
  } = object as { kind: string; apiVersion: string; metadata?: Partial<Metadata> }
  const fallback = isConfiguration(apiVersion ?? '') ? ourNamespace : 'default'
  const namespace = CLUSTER_SCOPED.has(kind) ? '' : (meta?.namespace ?? fallback)
  return { kind, namespace, name: meta?.name ?? '' }
}

function unknownKind(ref: ObjectRef, apiVersion: string): Problem {
  const served = [...SCHEMAS.keys()].filter((key) => key.endsWith(`/${ref.kind}`))
  const kinds = [...SCHEMAS.keys()].map((key) => key.slice(key.lastIndexOf('/') + 1))
  const guess = nearest(ref.kind, kinds)
  const asMeant = guess ? `; did you mean "${guess}"?` : ''
  const hint = served.length > 0 ? `; it is served as ${served.join(', ')}` : asMeant
  const message = `no kind "${ref.kind}" in "${apiVersion}"${hint}`
  return { ...ref, path: served.length > 0 ? 'apiVersion' : 'kind', code: 'unknown-kind', message }
}
