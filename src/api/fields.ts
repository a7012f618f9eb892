// The fields that several kinds share. Each turns the text a user wrote into a value, once: behind
// these schemas there are no address strings, durations or selectors in their written form.
import { z } from 'zod'
import { type Address, parseAddress } from '../net/address.ts'
import { type Prefix, parseCidr, prefixesOfRange } from '../net/prefix.ts'
import { parseDuration } from './duration.ts'
import { parseSelector, type Selector } from './selector.ts'

/** Adds an issue that carries a code of ours beside the sentence; `config/problem.ts` reads it. */
export function refuse(
  ctx: z.core.$RefinementCtx,
  issue: { code: string; message: string; path?: (string | number)[]; input?: unknown },
): void {
  const { code, message, path, input } = issue
  ctx.addIssue({ code: 'custom', params: { code }, message, path: path ?? [], input })
}

/** A string that must parse to a value; `parse` answers undefined when it does not. */
export function text<T>(
  parse: (text: string) => T | undefined,
  refusal: { code: string; message: (text: string) => string },
) {
  return z.string().transform((written, ctx): T => {
    const value = parse(written)
    if (value !== undefined) return value
    refuse(ctx, { code: refusal.code, message: refusal.message(written), input: written })
    return z.NEVER
  })
}

export const address = text<Address>(parseAddress, {
  code: 'invalid-address',
  message: (written) => `"${written}" is not an IP address`,
}).meta({ title: 'IP address' })

/** Seconds, written as a Go duration. */
export const seconds = text(parseDuration, {
  code: 'invalid-duration',
  message: (written) =>
    `"${written}" is not a duration; write a number and a unit, like 90s, 1m30s or 300ms`,
}).meta({ title: 'duration' })

/** An AS number, RFC 6793. */
export const asn = z.int().min(0).max(4294967295).meta({ format: 'int64' })

// MetalLB's CRDs say int32 without bounds here; ours must equal them, and the parser knows better.
export const uint32 = z
  .int()
  .min(0)
  .max(4294967295)
  .meta({ format: 'int32', crd: { minimum: null, maximum: null } })

/** One line of printable text without blanks: it will stand in FRR's configuration as it is. */
export function word(what: string, max = 253) {
  return z.string().check((ctx) => {
    if (ctx.value.length <= max && /^[\x21-\x7e]*$/.test(ctx.value)) return
    ctx.issues.push({
      code: 'custom',
      params: { code: 'invalid-word' },
      message: `${what} must be at most ${max} printable ASCII characters without blanks`,
      input: ctx.value,
    })
  })
}

/** Addresses of a pool as written: one CIDR, or `first-last`, both ends included. */
export interface AddressBlock {
  readonly text: string
  /** Ascending, without gaps. */
  readonly prefixes: readonly Prefix[]
}

export const addressBlock = z
  .string()
  .transform((written, ctx): AddressBlock => {
    const prefixes = parseBlock(written)
    if (typeof prefixes !== 'string') return { text: written, prefixes }
    refuse(ctx, { code: 'invalid-range', message: prefixes, input: written })
    return z.NEVER
  })
  .meta({ title: 'CIDR or range' })

function parseBlock(written: string): Prefix[] | string {
  const dash = written.indexOf('-')
  if (dash < 0) {
    const cidr = parseCidr(written)
    if (cidr) return [cidr]
    const hint = parseAddress(written)
      ? `; for one address write ${written}/${written.includes(':') ? 128 : 32}`
      : ''
    return `invalid CIDR "${written}": write a prefix like 192.0.2.0/24 or a range like 192.0.2.1-192.0.2.9${hint}`
  }
  const [from, to] = [written.slice(0, dash).trim(), written.slice(dash + 1).trim()]
  const [first, last] = [parseAddress(from), parseAddress(to)]
  if (!first) return `invalid IP range "${written}": "${from}" is not an IP address`
  if (!last) return `invalid IP range "${written}": "${to}" is not an IP address`
  if (first.family !== last.family) {
    return `invalid IP range "${written}": the ends belong to different IP families`
  }
  if (first.bits > last.bits) return `invalid IP range "${written}": it ends before it starts`
  return prefixesOfRange(first, last)
}

/** Kubernetes' LabelSelector. Operators are not an enum here, as in the reference's CRDs. */
export const writtenSelector = z
  .strictObject({
    matchLabels: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Labels with exactly these values.' }),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.string().meta({ description: 'Label key.' }),
          operator: z.string().meta({ description: 'In, NotIn, Exists or DoesNotExist.' }),
          values: z
            .array(z.string())
            .meta({ 'x-kubernetes-list-type': 'atomic' })
            .optional()
            .meta({ description: 'Label values, for In and NotIn.' }),
        }),
      )
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .meta({ description: 'Conditions on labels; all must hold.' }),
  })
  .meta({ title: 'LabelSelector', 'x-kubernetes-map-type': 'atomic' })

export const selector = writtenSelector.transform((written, ctx): Selector => {
  const parsed = parseSelector(written)
  if (typeof parsed !== 'string') return parsed
  refuse(ctx, { code: 'invalid-selector', message: parsed, input: written })
  return z.NEVER
})

/** Alternatives; the same one twice is refused, whatever the order of its labels. */
export const selectors = z.array(selector).superRefine((list, ctx) => {
  duplicates(list, (one) => one.text).forEach((index) => {
    const message = `duplicate label selector "${list[index]?.text}"`
    refuse(ctx, { code: 'duplicate', message, path: [index] })
  })
})

/** Names of other objects; the same one twice is refused. */
export const names = z.array(z.string()).superRefine((list, ctx) => {
  duplicates(list, (one) => one).forEach((index) => {
    const message = `duplicate entry "${list[index]}"`
    refuse(ctx, { code: 'duplicate', message, path: [index] })
  })
})

/** Indexes of entries whose key stood before. */
export function duplicates<T>(list: readonly T[], keyOf: (one: T) => string): number[] {
  const seen = new Set<string>()
  const again: number[] = []
  list.forEach((one, index) => {
    const key = keyOf(one)
    if (seen.has(key)) again.push(index)
    seen.add(key)
  })
  return again
}

/** What we read of an object's metadata; everything else passes through untouched. */
export const metadata = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().nullish(),
})
export type Metadata = z.output<typeof metadata>

/** Any object of the API after parsing. */
export interface ApiObject<Spec> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly spec: Spec
}
