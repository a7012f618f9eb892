// BGPSessionState: one BGP session of a node, in the words of FRR. The kind is frr-k8s's, so that the
// tools and guides of MetalLB's users find it; written by the speaker of the node, read by people.
import { z } from 'zod'

/** frr-k8s's, not MetalLB's. */
export const FRR_K8S_GROUP = 'frrk8s.metallb.io'

/** Of a session that BFD does not watch over. */
export const NO_BFD = 'N/A'

export const BgpSessionStateStatus = z.strictObject({
  bgpStatus: z.string().optional().meta({
    description: 'The state of the session, such as `Established`; `Unknown` while FRR is silent.',
  }),
  bfdStatus: z
    .string()
    .optional()
    .meta({
      description: `The state of its BFD session, such as \`up\`; \`${NO_BFD}\` without one.`,
    }),
  node: z.string().optional().meta({ description: 'The node.' }),
  peer: z.string().optional().meta({
    description: 'Address of the neighbour, IPv6 with dashes, or the interface it is found at.',
  }),
  vrf: z.string().optional().meta({ description: 'The VRF. Empty: the default one.' }),
})
export type BgpSessionStateStatus = z.output<typeof BgpSessionStateStatus>
