// BFDProfile: timers of BFD sessions (RFC 5880). What is left out is FRR's default.
import { z } from 'zod'

const interval = z.int().min(10).max(60000).meta({ format: 'int32' })

export const BfdProfileSpec = z.strictObject({
  receiveInterval: interval.optional().meta({
    description: 'Shortest interval between control packets we can receive, in ms (300).',
  }),
  transmitInterval: interval.optional().meta({
    description: 'Shortest interval between control packets we send, in ms (300).',
  }),
  detectMultiplier: z.int().min(2).max(255).optional().meta({
    format: 'int32',
    description: 'Packets that may be missing before the session is down (3).',
  }),
  echoInterval: interval.optional().meta({
    description: 'Interval of echo packets, sent and received, in ms (50).',
  }),
  echoMode: z.boolean().default(false).meta({
    description: 'Echo function (RFC 5880 §6.4); single hop, IPv4 only.',
  }),
  passiveMode: z.boolean().default(false).meta({
    description: 'Wait for the neighbour to start the session.',
  }),
  minimumTtl: z.int().min(1).max(254).optional().meta({
    format: 'int32',
    description:
      'Multihop: lowest TTL accepted in control packets (254). FRR accepts any in the sessions of BGP peers.',
  }),
})
export type BfdProfileSpec = z.output<typeof BfdProfileSpec>

/** Every field's name: a template may ask for each, whether a profile has it or not. */
export const BFD_PROFILE_FIELDS: readonly string[] = Object.keys(BfdProfileSpec.shape)
