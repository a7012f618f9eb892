// One setting: its schema, what it is for, what it is when nobody says, and where it lands. A schema of
// several is read as a list here, in the order in which it was written.
import { z } from 'zod'
import { type Change, insert, within } from './place.ts'
import { CONTAINER, POD, type Role } from './spots.ts'

export interface Details {
  /** One or two sentences for the page and values.yaml. */
  readonly about: string
  /** What values.yaml says. What is empty leaves the base as it is. */
  readonly initial: unknown
  readonly changes: readonly Change[]
}

export interface Setting extends Details {
  readonly path: readonly string[]
  readonly schema: z.ZodType
}

const DETAILS = new WeakMap<z.ZodType, Details>()

export function setting<Schema extends z.ZodType>(
  schema: Schema,
  details: Details,
): z.ZodOptional<Schema> {
  const known = schema.optional()
  DETAILS.set(known, details)
  return known
}

export const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).optional()

/** Depth first, as written. */
export function settingsIn(schema: z.ZodObject, path: readonly string[] = []): Setting[] {
  return Object.entries<z.ZodType>(schema.shape).flatMap(([key, field]): Setting[] => {
    const here = [...path, key]
    const inner = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field
    const details = DETAILS.get(field)
    if (details) return [{ ...details, path: here, schema: inner }]
    return inner instanceof z.ZodObject ? settingsIn(inner, here) : []
  })
}

export const flagOf = (role: Role, flag: string): Change =>
  insert(within(CONTAINER[role], 'args'), (value) => `${flag}${value}`)

export const flagOfBoth = (flag: string): readonly Change[] => [
  flagOf('controller', flag),
  flagOf('speaker', flag),
]

/** A Secret with a certificate for the metrics. */
export const tlsSecret = (role: Role) =>
  setting(z.string(), {
    about: `Secret with tls.crt and tls.key for the metrics of the ${role}. Empty: a certificate of its own making, which nobody can verify.`,
    initial: '',
    changes: [
      insert(within(POD[role], 'volumes'), (secretName) => ({
        name: 'metrics-certs',
        secret: { secretName, defaultMode: 288 },
      })),
      insert(within(CONTAINER[role], 'volumeMounts'), () => ({
        name: 'metrics-certs',
        mountPath: '/etc/metrics',
        readOnly: true,
      })),
      insert(within(CONTAINER[role], 'args'), () => '--metrics-cert-dir=/etc/metrics'),
    ],
  })
