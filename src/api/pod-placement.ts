// Kubernetes' types (core/v1) by which a pod says where it may run and what it needs. Written out
// because a CRD must embed the whole of them; only the MetalLB kind does.
import { z } from 'zod'

const atomicList = <Item extends z.ZodType>(item: Item) =>
  z.array(item).meta({ 'x-kubernetes-list-type': 'atomic' })
const strings = atomicList(z.string())
// MetalLB's CRD leaves the bounds to its webhook.
const weight = z.int().min(1).max(100).meta({
  format: 'int32',
  description: 'What a match is worth, 1 to 100.',
})

const Requirement = z.strictObject({
  key: z.string().meta({ description: 'Label key, or field name.' }),
  operator: z.string().meta({
    description: 'In, NotIn, Exists, DoesNotExist; of nodes also Gt and Lt.',
  }),
  values: strings.optional().meta({ description: 'Values, where the operator takes some.' }),
})

const LabelSelector = z
  .strictObject({
    matchLabels: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Labels with exactly these values.' }),
    matchExpressions: atomicList(Requirement)
      .optional()
      .meta({ description: 'Conditions on labels; all must hold.' }),
  })
  .meta({ title: 'LabelSelector', 'x-kubernetes-map-type': 'atomic' })

const NodeSelectorTerm = z
  .strictObject({
    matchExpressions: atomicList(Requirement)
      .optional()
      .meta({ description: 'Conditions on labels of the node; all must hold.' }),
    matchFields: atomicList(Requirement)
      .optional()
      .meta({ description: 'Conditions on fields of the node; all must hold.' }),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' })

const NodeAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z
    .strictObject({
      nodeSelectorTerms: atomicList(NodeSelectorTerm).meta({ description: 'Any may match.' }),
    })
    .meta({ 'x-kubernetes-map-type': 'atomic' })
    .optional()
    .meta({ description: 'Nodes that qualify at all.' }),
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(
    z.strictObject({
      weight,
      preference: NodeSelectorTerm.meta({ description: 'Nodes that are worth it.' }),
    }),
  )
    .optional()
    .meta({ description: 'Nodes to prefer among those.' }),
})

const PodAffinityTerm = z.strictObject({
  topologyKey: z.string().meta({ description: 'Node label whose equal values mean "together".' }),
  labelSelector: LabelSelector.optional().meta({ description: 'The pods in question.' }),
  matchLabelKeys: strings.optional().meta({
    description: 'Label keys whose values the other pods must share with this one.',
  }),
  mismatchLabelKeys: strings.optional().meta({
    description: 'Label keys whose values the other pods must not share with this one.',
  }),
  namespaces: strings.optional().meta({ description: 'Namespaces of the pods, by name.' }),
  namespaceSelector: LabelSelector.optional().meta({
    description: 'Namespaces of the pods, by label.',
  }),
})

const PodAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: atomicList(PodAffinityTerm)
    .optional()
    .meta({ description: 'Must hold for a node to qualify.' }),
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(
    z.strictObject({
      weight,
      podAffinityTerm: PodAffinityTerm.meta({ description: 'What is worth it.' }),
    }),
  )
    .optional()
    .meta({ description: 'Better where it holds.' }),
})

export const Affinity = z
  .strictObject({
    nodeAffinity: NodeAffinity.optional().meta({ description: 'By the node.' }),
    podAffinity: PodAffinity.optional().meta({ description: 'Near these pods.' }),
    podAntiAffinity: PodAffinity.optional().meta({ description: 'Away from these pods.' }),
  })
  .meta({ title: 'Affinity' })
export type Affinity = z.output<typeof Affinity>

export const Toleration = z
  .strictObject({
    key: z.string().optional().meta({ description: 'Key of the taint; none: every taint.' }),
    operator: z.string().optional().meta({ description: 'Exists, or Equal (the default).' }),
    value: z.string().optional().meta({ description: 'Value of the taint, for Equal.' }),
    effect: z.string().optional().meta({
      description: 'NoSchedule, PreferNoSchedule or NoExecute; none: all.',
    }),
    tolerationSeconds: z.int().optional().meta({
      format: 'int64',
      description: 'How long a NoExecute taint is tolerated.',
    }),
  })
  .meta({ title: 'Toleration' })
export type Toleration = z.output<typeof Toleration>

const QUANTITY =
  /^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$/
const quantity = z.union([z.int(), z.string().regex(QUANTITY)]).meta({
  'x-kubernetes-int-or-string': true,
  pattern: QUANTITY.source,
})

export const ResourceRequirements = z
  .strictObject({
    limits: z.record(z.string(), quantity).optional().meta({ description: 'The most it may use.' }),
    requests: z.record(z.string(), quantity).optional().meta({ description: 'What is set aside.' }),
    claims: z
      .array(
        z.strictObject({
          name: z.string().meta({ description: 'Name of a claim of the pod.' }),
          request: z.string().optional().meta({ description: 'One request of that claim.' }),
        }),
      )
      .optional()
      .meta({
        description: 'Dynamic resources.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
  })
  .meta({ title: 'ResourceRequirements' })
export type ResourceRequirements = z.output<typeof ResourceRequirements>
