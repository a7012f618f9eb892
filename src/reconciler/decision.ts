// The form of the controller's answers: one decision for each Service, and the words that go with
// it. Separate, because events, status page and explain read it and need nothing else.
import { deprecatedAnnotations } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import type { Considered } from '../ipam/allocate.ts'
import type { Request } from '../ipam/request.ts'
import { printTerms } from '../ipam/sharing.ts'
import { type ControllerReason, sentenceOf } from './reasons.ts'
import type { Cause, Loss } from './standing.ts'

export interface Explained {
  readonly because: ControllerReason
  readonly sentence: string
  /** While this and the code are the same, so is the cause. */
  readonly subject: string
}

export interface ServiceDecision extends Partial<Explained> {
  /** `namespace/name` */
  readonly key: string
  readonly identity: string
  /** Of the Service. */
  readonly type: string
  /** Empty while pending, or released. */
  readonly addresses: readonly string[]
  /** Those of them that its status did not show. */
  readonly fresh: readonly string[]
  /** The pool they come from. */
  readonly pool?: string
  /** Pools that were looked at, and why each did not serve. */
  readonly considered: readonly Considered[]
  /** Addresses of its status that it has to give up. */
  readonly lost?: Explained & { readonly addresses: readonly string[] }
  /** Keys and ports under which it may share an address, as one text. */
  readonly terms: string
  /** Keys of its annotations that have a newer name. */
  readonly deprecated: readonly string[]
}

/** Survives neither deletion nor creation under the same name: another object, another identity. */
export const identityOf = ({ metadata }: Service): string =>
  metadata.uid ?? `${metadata.namespace}/${metadata.name}`

export interface Verdict {
  readonly addresses: readonly string[]
  readonly pool?: string | undefined
  readonly cause?: (Cause & { readonly considered?: readonly Considered[] }) | undefined
  readonly loss?: Loss | undefined
}

export function decisionOf(
  service: Service,
  request: Request,
  held: readonly string[],
  { addresses, pool, cause, loss }: Verdict,
): ServiceDecision {
  return {
    key: request.key,
    identity: identityOf(service),
    type: service.spec.type,
    addresses,
    fresh: addresses.filter((one) => !held.includes(one)),
    ...(pool === undefined ? {} : { pool }),
    ...(cause ? explain(cause) : {}),
    considered: cause?.considered ?? [],
    ...(loss ? { lost: { addresses: loss.addresses, ...explain(loss) } } : {}),
    terms: printTerms(request.terms),
    deprecated: deprecatedAnnotations(service.metadata.annotations),
  }
}

const explain = ({ because, detail, subject = detail }: Cause): Explained => ({
  because,
  sentence: sentenceOf(because, detail),
  subject,
})
