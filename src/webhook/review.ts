// One write, as the API server asks before it stores it: would this object be blamed for anything,
// beside all that stands? The answer is the resolver's own, so webhook, roles and `check` agree.
import { z } from 'zod'
import { DEFINITIONS } from '../api/definitions.ts'
import type { AnyObject, ObjectsByKind, RawObject } from '../api/kinds.ts'
import { type ConfigObjects, isIn, OWN_KINDS, type OwnKind } from '../config/objects.ts'
import { parseObject } from '../config/parse.ts'
import type { Problem } from '../config/problem.ts'
import { type Accepted, resolve } from '../config/resolve.ts'
import { type BadRequest, parseBody } from './bad-request.ts'
import { isElsewhere, withoutReferences } from './references.ts'

/** What the write will stand beside. */
export interface Standing {
  readonly objects: ConfigObjects
  /** Of the last `resolve`; without it, of these objects. */
  readonly accepted?: Accepted | undefined
}

const Kind = z.looseObject({ group: z.string(), version: z.string(), kind: z.string() })
const Request = z.looseObject({
  uid: z.string(),
  kind: Kind,
  /** The version the client wrote, where `kind` is what it was converted to. */
  requestKind: Kind.nullish(),
  subResource: z.string().nullish(),
  name: z.string().default(''),
  namespace: z.string().default(''),
  operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
  object: z.record(z.string(), z.unknown()).nullish(),
  oldObject: z.record(z.string(), z.unknown()).nullish(),
})
type Request = z.output<typeof Request>

const Review = z.looseObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: Request,
})

export interface AdmissionReview {
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly kind: 'AdmissionReview'
  readonly response: AdmissionResponse
}

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string }
  readonly warnings?: readonly string[]
}

type Verdict = Omit<AdmissionResponse, 'uid'>

export function review(body: unknown, standing: Standing): AdmissionReview | BadRequest {
  const parsed = parseBody(Review, 'AdmissionReview', body)
  if ('refused' in parsed) return parsed
  const { apiVersion, kind, request } = parsed.review
  return { apiVersion, kind, response: { uid: request.uid, ...judge(request, standing) } }
}

function judge(request: Request, standing: Standing): Verdict {
  const { group, kind } = request.kind
  if (group !== 'metallb.io' || !isOwnKind(kind)) {
    return invalid(`no rules for kind "${kind}" of group "${group}"`)
  }
  // Their own statuses; nobody's configuration.
  if (request.subResource) return { allowed: true }
  switch (request.operation) {
    case 'CREATE':
    case 'UPDATE':
      return judgeWrite(request, kind, standing)
    case 'DELETE':
      return kind === 'BFDProfile' ? judgeDelete(request, standing.objects) : { allowed: true }
    case 'CONNECT':
      return { allowed: true }
  }
}

const isOwnKind = (kind: string): kind is OwnKind => (OWN_KINDS as readonly string[]).includes(kind)

function judgeWrite(request: Request, kind: OwnKind, standing: Standing): Verdict {
  if (!request.object) return invalid('object: is required: an object with fields')
  // Labels of a pool count, they are selected by; what changes neither them nor the spec is not ours
  // to refuse: an owner, a finalizer that must go before an object with mistakes can be deleted.
  if (request.oldObject && isSameText(request.object, request.oldObject)) return { allowed: true }
  const raw = named(request)
  const parsed = parseObject(raw, standing.objects.namespace)
  if ('problems' in parsed) return refuseUnread(parsed.problems)
  const { object } = parsed
  const { namespace } = standing.objects
  const warnings = deprecations(request, object)
  if (!isIn(object, namespace)) return elsewhere(request, namespace, warnings)
  const found = problemsOf(object, kind, standing)
  const here = found.filter((one) => !isElsewhere(one))
  const others = found.filter(isElsewhere).map(print)
  if (here.length > 0) return { ...denied(here.map(print)), ...spoken(warnings) }
  return { allowed: true, ...spoken([...warnings, ...others]) }
}

/** A generated name comes with the object; only a review by hand has none. */
function named({ object, name, namespace }: Request): RawObject {
  const written = object as unknown as RawObject & { metadata?: Partial<RawObject['metadata']> }
  const metadata = { ...written.metadata, name: written.metadata?.name ?? name }
  return { ...written, metadata: { ...metadata, ...(namespace ? { namespace } : {}) } }
}

const isSameText = (a: Request['object'], b: Request['oldObject']) => textOf(a) === textOf(b)
function textOf(object: Request['object']): string {
  const { metadata, spec, apiVersion } = (object ?? {}) as Record<string, unknown>
  return JSON.stringify([apiVersion, spec, (metadata as { labels?: unknown } | undefined)?.labels])
}

function problemsOf(object: AnyObject, kind: OwnKind, standing: Standing): readonly Problem[] {
  const accepted = standing.accepted ?? resolve(standing.objects).accepted
  const blamed = (candidate: AnyObject) =>
    resolve(replaced(standing.objects, kind, candidate), accepted).problems.filter(
      (one) =>
        one.kind === kind &&
        one.name === candidate.metadata.name &&
        one.namespace === candidate.metadata.namespace,
    )
  const found = blamed(object)
  const missing = found.filter(isElsewhere)
  if (missing.length === 0) return found
  // An object that waits for another is not weighed against the rest. As it will be once the other
  // is there, it is weighed now, without what it waits for.
  return [
    ...missing,
    ...blamed(withoutReferences(object, missing)).filter((one) => !isElsewhere(one)),
  ]
}

function replaced(objects: ConfigObjects, kind: OwnKind, candidate: AnyObject): ConfigObjects {
  const isIt = (one: AnyObject) =>
    one.metadata.name === candidate.metadata.name &&
    one.metadata.namespace === candidate.metadata.namespace
  const others = ((objects[kind] ?? []) as ObjectsByKind[OwnKind][]).filter((one) => !isIt(one))
  const refused = (objects.refused ?? []).filter(
    (one) => one.kind !== kind || one.name !== candidate.metadata.name,
  )
  return { ...objects, refused, [kind]: [...others, candidate] }
}

/** Outside our namespace an object means nothing: it is not made there, but may be cleaned up. */
function elsewhere({ operation }: Request, namespace: string, warnings: string[]): Verdict {
  const sentence = `resource must be created in ${namespace} namespace`
  if (operation === 'CREATE') return { ...denied([sentence]), ...spoken(warnings) }
  return { allowed: true, ...spoken([...warnings, `${sentence}; here it has no effect`]) }
}

function judgeDelete(request: Request, { BGPPeer: peers = [], namespace }: ConfigObjects): Verdict {
  if (request.namespace !== namespace) return { allowed: true }
  const users = peers
    .filter((peer) => isIn(peer, namespace) && peer.spec.bfdProfile === request.name)
    .map((peer) => `"${peer.metadata.name}"`)
    .sort()
  if (users.length === 0) return { allowed: true }
  return denied([
    `failed to delete BFDProfile "${request.name}": it is used by BGPPeer ${listed(users)}`,
  ])
}

function deprecations({ kind, requestKind }: Request, object: AnyObject): string[] {
  const { version } = requestKind ?? kind
  const versions = DEFINITIONS.find((one) => one.kind === kind.kind)?.versions ?? []
  // In the definition's own words: the API server says them too, and the same sentence only once.
  const old = versions.find((one) => one.name === version)?.deprecation
  const usesOld = object.kind === 'BGPPeer' && (object as ObjectsByKind['BGPPeer']).spec.disableMP
  return [
    ...(old ? [old] : []),
    ...(usesOld ? ['spec.disableMP is deprecated and has no effect; leave it out'] : []),
  ]
}

/** Text of a wrong shape is no object yet: 400. One that breaks a rule is refused: 403. */
const UNREAD: ReadonlySet<string> = new Set(['wrong-type', 'required', 'invalid-duration'])

function refuseUnread(problems: readonly Problem[]): Verdict {
  const sentences = problems.map(print)
  const isUnread = problems.some((one) => UNREAD.has(one.code))
  return isUnread ? invalid(listed(sentences)) : denied(sentences)
}

const print = ({ path, message }: Problem) => (path === '' ? message : `${path}: ${message}`)

const invalid = (message: string): Verdict => ({
  allowed: false,
  status: { code: 400, reason: 'BadRequest', message },
})

const denied = (sentences: readonly string[]): Verdict => ({
  allowed: false,
  status: { code: 403, reason: 'Forbidden', message: listed(sentences) },
})

// A person reads the first few; an answer must stay far below what the API server takes.
const TOLD = 20

function listed(sentences: readonly string[]): string {
  const more = sentences.length - TOLD
  const told = sentences.slice(0, TOLD)
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

const spoken = (warnings: readonly string[]) =>
  warnings.length > 0 ? { warnings: warnings.slice(0, TOLD) } : {}
