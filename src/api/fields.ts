// The fields that several kinds share. Each turns the text a user wrote into a value, once: behind
// these schemas there are no address strings, durations or selectors in their written form.
import { z } from 'zod'
import { DURATION, parseDuration } from './duration.ts'
import { celOf, keeping, refuse } from './rules.ts'
import { parseSelector, type Selector } from './selector.ts'

/** CEL: a duration. Rules about its length ask this first, or the same text is blamed twice. */
export const isDuration = (cel: string): string => `${cel}.matches('${DURATION}')`

/**
 * A Go duration, kept as written by its rule. No duration is as long as the bound, which the API
 * server wants to reckon what a rule may cost.
 */
export const duration = keeping(z.string().max(64), [
  {
    code: 'invalid-duration',
    message: '"{}" is not a duration; write a number and a unit, like 90s, 1m30s or 300ms',
    cel: isDuration('self'),
    holds: (text) => parseDuration(text) !== undefined,
  },
]).meta({ title: 'duration' })

/** An AS number, RFC 6793. */
export const asn = z.int().min(0).max(4294967295).meta({ format: 'int64' })

/** One line of printable text without blanks: it will stand in FRR's configuration as it is. */
export function word(what: string, max = 253) {
  return keeping(z.string(), [
    {
      code: 'invalid-word',
      message: `${what} must be at most ${max} printable ASCII characters without blanks`,
      cel: `self.matches('^[!-~]{0,${max}}$')`,
      holds: (text) => text.length <= max && /^[!-~]*$/.test(text),
    },
  ])
}

const DUPLICATE = 'duplicate entry'

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

/**
 * Names of other objects; the same one twice is refused. By us alone: CEL compares every entry with
 * every other, and would need a bound on lists in which MetalLB takes any number.
 */
export const names = distinct(z.array(z.string()))

/** Names where nobody needs many, so that the API server can compare them too. */
export const fewNames = distinct(z.array(z.string().max(253)).max(300)).meta({
  'x-kubernetes-validations': [
    celOf({
      message: DUPLICATE,
      // Of a list near the bound this could use up the budget of a request.
      cel: 'size(self) > 100 || self.all(x, self.exists_one(y, y == x))',
    }),
  ],
})

function distinct<List extends z.ZodType<string[], string[]>>(list: List): List {
  return list.superRefine((entries, ctx) => {
    duplicates(entries, String).forEach((index) => {
      const message = `${DUPLICATE}: "${entries[index]}"`
      refuse(ctx, { code: 'duplicate', message, path: [index] })
    })
  })
}

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
