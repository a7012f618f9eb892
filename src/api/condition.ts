// Kubernetes' Condition (meta/v1), as kinds with `status.conditions` embed it.
import { z } from 'zod'

const TYPE =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/

/** In characters; the API server refuses a longer one, and with it the whole status. */
export const MESSAGE_MAX = 32_768

export const Condition = z
  .strictObject({
    type: z.string().max(316).regex(TYPE).meta({ description: 'What the condition is about.' }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(REASON)
      .meta({ description: 'Why, as one word in CamelCase.' }),
    message: z.string().max(MESSAGE_MAX).meta({ description: 'Why, as a sentence. May be empty.' }),
    lastTransitionTime: z.string().meta({
      format: 'date-time',
      description: 'When `status` changed last.',
    }),
    observedGeneration: z.int().min(0).optional().meta({
      format: 'int64',
      description: 'The `metadata.generation` that was looked at.',
    }),
  })
  .meta({ description: 'One aspect of the state of the object.' })
export type Condition = z.output<typeof Condition>
