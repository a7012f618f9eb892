// ServiceBGPStatus: to which neighbours a node announces a Service. One for each pair of Service
// and node, written by the speaker of that node.
import { z } from 'zod'
import { immutable } from './service-l2-status.ts'

export const ServiceBgpStatusStatus = z.strictObject({
  node: immutable.optional().meta({ description: 'The node that announces.' }),
  serviceName: immutable.optional().meta({ description: 'Name of the Service.' }),
  serviceNamespace: immutable.optional().meta({ description: 'Namespace of the Service.' }),
  peers: z.array(z.string()).optional().meta({
    description:
      'Names of the BGPPeers that hear it, sorted: their sessions are up, and FRR has sent them its routes.',
  }),
})
export type ServiceBgpStatusStatus = z.output<typeof ServiceBgpStatusStatus>
