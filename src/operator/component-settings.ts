// What can be set of both roles' Pods: where they run, with what, and how they are looked after.
import { z } from 'zod'
import { Affinity, ResourceRequirements, Toleration } from '../api/pod-placement.ts'
import { append, image, item, keep, merge, set, spot, within } from './place.ts'
import { group, setting } from './setting.ts'
import { CONTAINER, POD, PODS, RIGHTS, type Role, WORKLOAD } from './spots.ts'

const LEVELS = ['all', 'debug', 'info', 'warn', 'error', 'none'] as const
export const labels = z.record(z.string(), z.string())
/** Of a type of Kubernetes that we do not know field by field; the API server does. */
export const anyMap = z.record(z.string(), z.unknown())
export const anyList = z.array(anyMap)
export const port = z.int().min(1).max(65535)

export const Image = z.strictObject({
  repository: z.string().optional(),
  tag: z.string().optional(),
  digest: z.string().optional(),
  pullPolicy: z.enum(['', 'Always', 'IfNotPresent', 'Never']).optional(),
})

export const imageOf = (repository: string) => ({ repository, tag: '', digest: '', pullPolicy: '' })

const seccompProfile = { type: 'RuntimeDefault' }
const SECURITY: Readonly<Record<Role, object>> = {
  controller: {
    runAsNonRoot: true,
    runAsUser: 65534,
    runAsGroup: 65534,
    fsGroup: 65534,
    seccompProfile,
  },
  // The groups frr and frrvty of the image of FRR.
  speaker: { fsGroup: 101, supplementalGroups: [102], seccompProfile },
}

export function componentSettings(role: Role) {
  const container = CONTAINER[role]
  const pod = POD[role]
  return {
    logLevel: setting(z.enum(LEVELS), {
      about: `What the ${role} logs while no MetalLB object says so.`,
      initial: 'info',
      changes: [
        set(within(container, 'args', item('--log-level=')), (level) => `--log-level=${level}`),
      ],
    }),
    image: setting(Image, {
      about: `The image of the ${role}. Without a tag the one of this version; a digest says more than a tag.`,
      initial: imageOf('ferrule'),
      changes: [image(container)],
    }),
    nodeSelector: setting(labels, {
      about: 'Labels of the nodes to run on, beside kubernetes.io/os.',
      initial: {},
      changes: [merge(within(pod, 'nodeSelector'))],
    }),
    tolerations: setting(z.array(Toleration), {
      about: 'Taints to tolerate, beside those that are tolerated anyway.',
      initial: [],
      changes: [append(within(pod, 'tolerations'))],
    }),
    affinity: setting(Affinity, {
      about: 'Where to run, by nodes and other Pods.',
      initial: {},
      changes: [set(within(pod, 'affinity'))],
    }),
    resources: setting(ResourceRequirements, {
      about: 'What the container needs, instead of what is measured and asked for otherwise.',
      initial: {},
      changes: [set(within(container, 'resources'))],
    }),
    priorityClassName: setting(z.string(), {
      about: 'Another PriorityClass.',
      initial: '',
      changes: [set(within(pod, 'priorityClassName'))],
    }),
    runtimeClassName: setting(z.string(), {
      about: 'RuntimeClass of the Pods.',
      initial: '',
      changes: [set(within(pod, 'runtimeClassName'))],
    }),
    podAnnotations: setting(labels, {
      about: 'Annotations of the Pods.',
      initial: {},
      changes: [merge(within(PODS[role], 'metadata', 'annotations'))],
    }),
    labels: setting(labels, {
      about: 'Labels of the workload and its Pods, beside ours.',
      initial: {},
      changes: [
        merge(within(WORKLOAD[role], 'metadata', 'labels'), true),
        merge(within(PODS[role], 'metadata', 'labels'), true),
      ],
    }),
    securityContext: setting(anyMap, {
      about: 'Of the Pods. What is given is merged into this.',
      initial: SECURITY[role],
      changes: [merge(within(pod, 'securityContext'))],
    }),
    extraArgs: setting(z.array(z.string()), {
      about: `Further flags of the ${role}; \`--help\` lists them.`,
      initial: [],
      changes: [append(within(container, 'args'))],
    }),
    extraContainers: setting(anyList, {
      about: 'Further containers of the Pods.',
      initial: [],
      changes: [append(within(pod, 'containers'))],
    }),
    serviceAccount: accountSettings(role),
    livenessProbe: group({
      ...probeSettings(role, 'livenessProbe', { periodSeconds: 10, failureThreshold: 3 }),
      port: healthPort(role),
    }),
    readinessProbe: group(
      probeSettings(role, 'readinessProbe', { periodSeconds: 5, failureThreshold: 2 }),
    ),
  }
}

function accountSettings(role: Role) {
  const account = spot(`ServiceAccount/${role}`)
  return group({
    create: setting(z.boolean(), {
      about: 'Install the account. Without, it must be there.',
      initial: true,
      changes: [keep(account)],
    }),
    name: setting(z.string(), {
      about: 'Another name of the account.',
      initial: '',
      changes: [
        set(within(account, 'metadata', 'name')),
        set(within(POD[role], 'serviceAccountName')),
        ...RIGHTS[role]
          .filter(({ object }) => object.includes('Binding/'))
          .map((at) => set(within(at, 'subjects', item('ServiceAccount'), 'name'))),
      ],
    }),
    annotations: setting(labels, {
      about: 'Annotations of the account.',
      initial: {},
      changes: [set(within(account, 'metadata', 'annotations'))],
    }),
  })
}

type Probe = 'livenessProbe' | 'readinessProbe'

function probeSettings(
  role: Role,
  probe: Probe,
  { periodSeconds, failureThreshold }: { periodSeconds: number; failureThreshold: number },
) {
  const at = within(CONTAINER[role], probe)
  // Liveness begins when the start is over: both or neither.
  const startup = within(CONTAINER[role], 'startupProbe')
  const number = (key: string, about: string, initial: number, least = 1) =>
    setting(z.int().min(least), { about, initial, changes: [set(within(at, key))] })
  return {
    enabled: setting(z.boolean(), {
      about: 'Whether the kubelet asks.',
      initial: true,
      changes: (probe === 'livenessProbe' ? [startup, at] : [at]).map((one) => keep(one)),
    }),
    initialDelaySeconds: number('initialDelaySeconds', 'Not before this.', 0, 0),
    periodSeconds: number('periodSeconds', 'How often.', periodSeconds),
    timeoutSeconds: number('timeoutSeconds', 'How long an answer may take.', 3),
    failureThreshold: number(
      'failureThreshold',
      'How many failures in a row count.',
      failureThreshold,
    ),
  }
}

/** The kubelet asks a controller by the port's name. */
function healthPort(role: Role) {
  const container = CONTAINER[role]
  const asked =
    role === 'controller'
      ? [set(within(container, 'ports', item('health'), 'containerPort'))]
      : (['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map((probe) =>
          set(within(container, probe, 'httpGet', 'port')),
        )
  return setting(port, {
    about: 'Where health is told, for both probes.',
    initial: 17472,
    changes: [
      set(
        within(container, 'args', item('--health-probe-port=')),
        (value) => `--health-probe-port=${value}`,
      ),
      ...asked,
    ],
  })
}
