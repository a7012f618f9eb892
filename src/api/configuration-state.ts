// ConfigurationState: what one process (the controller, or the speaker of a node) thinks of the
// configuration. Written by us, read by people; it has no spec.
import { z } from 'zod'
import { Condition } from './condition.ts'

export const CONTROLLER_CONDITION = 'poolReconcilerValid'
export const SPEAKER_CONDITION = 'configReconcilerValid'

export const ConfigurationStateStatus = z.strictObject({
  result: z.enum(['Valid', 'Invalid', 'Unknown']).optional().meta({
    description: 'Whether all objects are in use. `Unknown`: they could not be read.',
  }),
  errorSummary: z.string().optional().meta({
    description: 'The messages of the conditions that are not True, one a line.',
  }),
  conditions: z
    .array(Condition)
    .optional()
    .meta({
      description: `\`${CONTROLLER_CONDITION}\` of the controller, \`${SPEAKER_CONDITION}\` of a speaker.`,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
})
export type ConfigurationStateStatus = z.output<typeof ConfigurationStateStatus>
