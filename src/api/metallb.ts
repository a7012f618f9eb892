// MetalLB: one object from which the operator installs and upgrades everything.
import { z } from 'zod'
import { parseCidr } from '../net/prefix.ts'
import { Condition } from './condition.ts'
import { Affinity, ResourceRequirements, Toleration } from './pod-placement.ts'
import { refuse } from './rules.ts'

/** The operator acts on the object of this name only. */
export const METALLB_NAME = 'metallb'

/** `all` is everything, `none` nothing. */
const LogLevel = z.enum(['all', 'debug', 'info', 'warn', 'error', 'none'])
export type LogLevel = z.output<typeof LogLevel>

const labels = z.record(z.string(), z.string())

// Kubernetes refuses such a toleration only when the pods are made; said here, it is said at once.
const tolerations = z.array(Toleration).superRefine((list, ctx) => {
  list.forEach(({ tolerationSeconds = 0, effect }, index) => {
    if (tolerationSeconds <= 0 || effect === 'NoExecute') return
    const message = `tolerationSeconds is for effect NoExecute, not for "${effect ?? ''}"`
    refuse(ctx, { code: 'invalid-toleration', message, path: [index, 'effect'] })
  })
})

const Component = z.strictObject({
  priorityClassName: z.string().optional().meta({ description: 'PriorityClass of the pods.' }),
  runtimeClassName: z.string().optional().meta({ description: 'RuntimeClass of the pods.' }),
  affinity: Affinity.optional().meta({ description: 'Where the pods may run.' }),
  annotations: labels.optional().meta({ description: 'Annotations of the pods.' }),
  resources: ResourceRequirements.optional().meta({ description: 'What the container needs.' }),
})
export type Component = z.output<typeof Component>

const blockedPrefix = z
  .string()
  .transform((written, ctx): string => {
    const text = written.trim()
    if (parseCidr(text)) return text
    const message = `"${written}" is not a prefix like 192.0.2.0/24`
    refuse(ctx, { code: 'invalid-prefix', message, input: written })
    return z.NEVER
  })
  .meta({ title: 'CIDR' })

const FrrK8s = z.strictObject({
  namespace: z.string().optional().meta({ description: 'Namespace of an frr-k8s not ours.' }),
  alwaysBlock: z.array(blockedPrefix).optional().meta({
    description: 'Prefixes never accepted from any neighbour.',
  }),
  secretPassthrough: z.boolean().optional().meta({
    description: 'Leave it to frr-k8s to read the Secrets of sessions.',
  }),
})

const CLASS =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

export const MetalLbSpec = z.strictObject({
  image: z.string().optional().meta({ description: 'Deprecated, without effect.' }),
  nodeSelector: labels.optional().meta({ description: 'Labels of the nodes that run a speaker.' }),
  speakerTolerations: tolerations.optional().meta({
    description: 'Taints the speakers tolerate, besides those of control plane nodes.',
  }),
  controllerNodeSelector: labels.optional().meta({
    description: 'Labels of the nodes that may run the controller.',
  }),
  controllerTolerations: tolerations.optional().meta({
    description: 'Taints the controller tolerates.',
  }),
  logLevel: LogLevel.optional().meta({
    description:
      'What all components log, FRR among them; followed at once. None: what the flag says (info).',
  }),
  loadBalancerClass: z.string().regex(CLASS).optional().meta({
    description: 'Serve the Services of this class only. None: those without a class.',
  }),
  controllerConfig: Component.optional().meta({ description: 'The pods of the controller.' }),
  speakerConfig: Component.optional().meta({ description: 'The pods of the speakers.' }),
  bgpBackend: z
    .enum(['', 'native', 'frr', 'frr-k8s', 'frr-k8s-external'])
    .optional()
    .meta({ description: 'What speaks BGP.', crd: { enum: null } }),
  frrk8sConfig: FrrK8s.optional().meta({ description: 'Settings of the frr-k8s backends.' }),
})
export type MetalLbSpec = z.output<typeof MetalLbSpec>

export const MetalLbStatus = z.strictObject({
  conditions: z.array(Condition).optional().meta({
    description: '`Available`, `Upgradeable`, `Progressing` and `Degraded`.',
  }),
})
export type MetalLbStatus = z.output<typeof MetalLbStatus>
