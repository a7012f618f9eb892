// MetalLB: one object from which the operator installs and upgrades everything.
import { z } from 'zod'
import { parseCidr } from '../net/prefix.ts'
import { isExotic } from './address-text.ts'
import { Condition } from './condition.ts'
import { Affinity, ResourceRequirements, Toleration } from './pod-placement.ts'
import { keeping, type Law, quoted, type Rule } from './rules.ts'

/** The operator acts on the object of this name only. */
export const METALLB_NAME = 'metallb'

/**
 * Of the whole object: a second installation of a namespace is refused when it is made. One that stands
 * already has a status, and may still be told there what is wrong with it.
 */
export const ONLY_ONE: Law = {
  message: `the one installation of a namespace is named "${METALLB_NAME}"`,
  cel: `self.metadata.name == '${METALLB_NAME}' || has(self.status)`,
}

/** `all` is everything, `none` nothing. */
const LogLevel = z.enum(['all', 'debug', 'info', 'warn', 'error', 'none'])
export type LogLevel = z.output<typeof LogLevel>

const labels = z.record(z.string(), z.string())

// Kubernetes refuses such a toleration only when the pods are made; said here, it is said at once.
const tolerations = z.array(
  keeping(Toleration, [
    {
      code: 'invalid-toleration',
      message: 'tolerationSeconds is for effect NoExecute, not for "{}"',
      shown: [{ cel: "(has(self.effect) ? self.effect : '')", of: ({ effect = '' }) => effect }],
      cel: "!has(self.tolerationSeconds) || self.tolerationSeconds <= 0 || (has(self.effect) && self.effect == 'NoExecute')",
      at: 'effect',
      holds: ({ tolerationSeconds = 0, effect }) =>
        tolerationSeconds <= 0 || effect === 'NoExecute',
    },
  ]),
)

const Component = z.strictObject({
  priorityClassName: z.string().optional().meta({ description: 'PriorityClass of the pods.' }),
  runtimeClassName: z.string().optional().meta({ description: 'RuntimeClass of the pods.' }),
  affinity: Affinity.optional().meta({ description: 'Where the pods may run.' }),
  annotations: labels.optional().meta({ description: 'Annotations of the pods.' }),
  resources: ResourceRequirements.optional().meta({ description: 'What the container needs.' }),
})
export type Component = z.output<typeof Component>

// No prefix is as long as the bound, and no list: by them the API server reckons what a rule may cost.
const blockedPrefix = keeping(z.string().max(64), [
  {
    code: 'invalid-prefix',
    message: '"{}" is not a prefix like 192.0.2.0/24',
    cel: `isCIDR(self.trim()) || ${isExotic('self.trim()')}`,
    holds: (written) => parseCidr(written.trim()) !== undefined,
  },
])
  .transform((written) => written.trim())
  .meta({ title: 'CIDR' })

const FrrK8s = z.strictObject({
  namespace: z.string().optional().meta({ description: 'Namespace of an frr-k8s not ours.' }),
  alwaysBlock: z.array(blockedPrefix).max(10_000).optional().meta({
    description: 'Prefixes never accepted from any neighbour.',
  }),
  secretPassthrough: z.boolean().optional().meta({
    description: 'Leave it to frr-k8s to read the Secrets of sessions.',
  }),
})

const CLASS =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const BACKENDS = ['native', 'frr', 'frr-k8s', 'frr-k8s-external']
/** MetalLB's definition leaves it to its webhook; empty is none. */
const backend = keeping(z.string(), [
  {
    code: 'unknown-backend',
    message: `"{}" is none of ${BACKENDS.join(', ')}`,
    cel: `self in ['', ${BACKENDS.map(quoted).join(', ')}]`,
    holds: (text) => text === '' || BACKENDS.includes(text),
  },
])

/** As MetalLB's webhook has it; its operator may be told the namespace otherwise, ours has no use for it. */
const externalHasPlace: Rule<{
  bgpBackend?: string | undefined
  frrk8sConfig?: { namespace?: string | undefined } | undefined
}> = {
  code: 'missing-namespace',
  message: 'bgpBackend frr-k8s-external needs frrk8sConfig.namespace',
  cel: `!has(self.bgpBackend) || self.bgpBackend != 'frr-k8s-external' || (has(self.frrk8sConfig) && has(self.frrk8sConfig.namespace) && self.frrk8sConfig.namespace != '')`,
  at: 'bgpBackend',
  holds: ({ bgpBackend, frrk8sConfig }) =>
    bgpBackend !== 'frr-k8s-external' || Boolean(frrk8sConfig?.namespace),
}

const Spec = z.strictObject({
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
  bgpBackend: backend.optional().meta({
    description:
      'What speaks BGP: always FRR beside the speaker here. An frr-k8s elsewhere is not served.',
  }),
  frrk8sConfig: FrrK8s.optional().meta({ description: 'Settings of the frr-k8s backends.' }),
})
export const MetalLbSpec = keeping(Spec, [externalHasPlace])
export type MetalLbSpec = z.output<typeof MetalLbSpec>

export const MetalLbStatus = z.strictObject({
  conditions: z.array(Condition).optional().meta({
    description: '`Available`, `Upgradeable`, `Progressing` and `Degraded`.',
  }),
})
export type MetalLbStatus = z.output<typeof MetalLbStatus>
