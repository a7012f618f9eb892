// ServiceL2Status: which node answers ARP and NDP for a Service. One for each Service, written by
// that node's speaker; a new owner writes a new object, so what names the Service never changes.
import { z } from 'zod'

export const immutable = z.string().meta({
  'x-kubernetes-validations': [{ message: 'Value is immutable', rule: 'self == oldSelf' }],
})

export const ServiceL2StatusStatus = z.strictObject({
  node: immutable.optional().meta({ description: 'The node that answers.' }),
  serviceName: immutable.optional().meta({ description: 'Name of the Service.' }),
  serviceNamespace: immutable.optional().meta({ description: 'Namespace of the Service.' }),
  interfaces: z
    .array(
      z.strictObject({
        name: z.string().optional().meta({ description: 'Name of the interface.' }),
      }),
    )
    .optional()
    .meta({ description: 'Interfaces that answer. Absent: all.' }),
})
export type ServiceL2StatusStatus = z.output<typeof ServiceL2StatusStatus>
