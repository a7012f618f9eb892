// Objects between the versions of their kind, as the API server asks for them: BGPPeer v1beta1 and
// v1beta2, AddressPool v1alpha1 and v1beta1. A conversion judges nothing: an object that could not
// be converted could not be listed, and with it no other of its kind.
import { z } from 'zod'
import { CONVERTED_FIELDS } from '../api/annotations.ts'
import { BGP_PEER_FIELDS } from '../api/bgp-peer.ts'
import { toV1Beta2, V1BETA1_FIELDS, type WrittenBgpPeerV1Beta1 } from '../api/bgp-peer-v1beta1.ts'
import { type BadRequest, parseBody } from './bad-request.ts'

const Versioned = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.record(z.string(), z.unknown()).nullish(),
})
type Versioned = z.output<typeof Versioned>
type Spec = Readonly<Record<string, unknown>>

const Review = z.looseObject({
  apiVersion: z.enum(['apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1']),
  kind: z.literal('ConversionReview'),
  request: z.looseObject({
    uid: z.string(),
    desiredAPIVersion: z.string(),
    objects: z.array(Versioned),
  }),
})

export interface ConversionReview {
  /** As it came. */
  readonly apiVersion: string
  readonly kind: 'ConversionReview'
  readonly response: {
    readonly uid: string
    readonly result:
      | { readonly status: 'Success' }
      | { readonly status: 'Failure'; readonly message: string }
    readonly convertedObjects: readonly object[]
  }
}

export function convert(body: unknown): ConversionReview | BadRequest {
  const parsed = parseBody(Review, 'ConversionReview', body)
  if ('refused' in parsed) return parsed
  const { apiVersion, kind, request } = parsed.review
  const objects = request.objects.map((one) => convertObject(one, request.desiredAPIVersion))
  const failure = objects.find((one) => typeof one === 'string')
  const response =
    failure === undefined
      ? { result: { status: 'Success' } as const, convertedObjects: objects as object[] }
      : { result: { status: 'Failure', message: failure } as const, convertedObjects: [] }
  return { apiVersion, kind, response: { uid: request.uid, ...response } }
}

const CONVERSIONS: ReadonlyMap<string, (object: Versioned) => Versioned> = new Map([
  ['BGPPeer metallb.io/v1beta1 metallb.io/v1beta2', peerUp],
  ['BGPPeer metallb.io/v1beta2 metallb.io/v1beta1', peerDown],
  // The two say the same in the same words.
  ['AddressPool metallb.io/v1alpha1 metallb.io/v1beta1', (pool: Versioned) => pool],
  ['AddressPool metallb.io/v1beta1 metallb.io/v1alpha1', (pool: Versioned) => pool],
])

function convertObject(object: Versioned, desired: string): object | string {
  const { kind, apiVersion, metadata } = object
  const conversion = CONVERSIONS.get(`${kind} ${apiVersion} ${desired}`)
  if (conversion) return { ...conversion(object), apiVersion: desired }
  return `${kind} "${metadata.name ?? ''}" cannot be converted from ${apiVersion} to ${desired}`
}

function peerUp(object: Versioned): Versioned {
  if (!object.spec) return object
  const spec = upSpec(object.spec)
  const kept = keptIn(object).filter(([field]) => !(field in spec) && !isReplaced(field, spec))
  return withKept({ ...object, spec: { ...Object.fromEntries(kept), ...spec } }, {})
}

function peerDown(object: Versioned): Versioned {
  const { spec } = object
  if (!spec) return object
  // Required in the old version, where nothing else could stand in their place.
  const needed = { peerASN: 0, peerAddress: '' }
  const known = Object.entries(spec).filter(([field]) => V1BETA1_FIELDS.includes(field))
  const down = { ...needed, ...Object.fromEntries(known) }
  const back = upSpec(down)
  const lost = Object.entries(spec).filter(
    ([field, value]) => value !== '' && !isSame(value, back[field]),
  )
  return withKept({ ...object, spec: down }, Object.fromEntries(lost))
}

const upSpec = (spec: Spec): Spec => ({ ...toV1Beta2(spec as WrittenBgpPeerV1Beta1) })

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

// Either of a pair: whoever writes the one in the old version means it instead of the kept other.
const INSTEAD: Readonly<Record<string, string>> = {
  dynamicASN: 'peerASN',
  interface: 'peerAddress',
  passwordSecret: 'password',
}
const isReplaced = (field: string, spec: Spec) => (INSTEAD[field] ?? '') in spec

/** Fields that v1beta1 does not have travel in an annotation, so that a client of it keeps them. */
function withKept(object: Versioned, fields: Spec): Versioned {
  const { annotations: before, ...rest } = object.metadata
  const { [CONVERTED_FIELDS]: _stale, ...others } = before ?? {}
  const isKeeping = Object.keys(fields).length > 0
  const kept: Record<string, string> = isKeeping
    ? { [CONVERTED_FIELDS]: JSON.stringify(fields) }
    : {}
  const annotations: Record<string, string> = { ...others, ...kept }
  const hasAny = Object.keys(annotations).length > 0
  return { ...object, metadata: { ...rest, ...(hasAny ? { annotations } : {}) } }
}

function keptIn({ metadata }: Versioned): [string, unknown][] {
  const fields = objectIn(metadata.annotations?.[CONVERTED_FIELDS] ?? '{}')
  return Object.entries(fields).filter(([field]) => BGP_PEER_FIELDS.includes(field))
}

/** Anybody may write an annotation. One that says nothing must not make the peers unreadable. */
function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
