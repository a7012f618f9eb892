// A plain installation of MetalLB with FRR: what a cluster holds before it is moved to us, but for the
// definitions of the kinds. The facts are MetalLB's; a move replaces, keeps or leaves over each of them.
import { metallbRights } from './metallb-rights.ts'
import { metallbController, metallbSpeaker } from './metallb-workloads.ts'

export interface MetallbObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
  readonly [field: string]: any
}

export const METALLB_NAMESPACE = 'metallb-system'

/** In the order in which they can be created. */
export function metallbInstallation(namespace = METALLB_NAMESPACE): MetallbObject[] {
  return [
    namespaceOf(namespace),
    ...metallbRights(namespace),
    excludedInterfaces(namespace),
    frrStartup(namespace),
    { ...core('Secret', 'metallb-webhook-cert', namespace) },
    webhookService(namespace),
    metallbController(namespace),
    metallbSpeaker(namespace),
    validation(namespace),
  ]
}

/** Made by MetalLB's controller, not by its manifests: the key of the gossip. */
export const metallbMemberlist = (namespace = METALLB_NAMESPACE): MetallbObject => ({
  ...core('Secret', 'memberlist', namespace),
  type: 'Opaque',
  // 16 bytes as unpadded Base64, which is a text, and encoded once more as every Secret is.
  data: { secretkey: btoa('c2l4dGVlbiBieXRlcyBvaw') },
})

const core = (kind: string, name: string, namespace: string) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace },
})

function namespaceOf(name: string): MetallbObject {
  const modes = ['enforce', 'audit', 'warn'].map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    'privileged',
  ])
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: Object.fromEntries(modes) },
  }
}

const NEVER_ANNOUNCED = [
  ...['^docker.*', '^cbr.*', '^dummy.*', '^virbr.*', '^lxcbr.*', '^veth.*', '^lo$', '^cali.*'],
  ...['^tunl.*', '^flannel.*', '^kube-ipvs.*', '^cni.*', '^nodelocaldns.*', '^lxc.*'],
]

const excludedInterfaces = (namespace: string): MetallbObject => ({
  ...core('ConfigMap', 'metallb-excludel2', namespace),
  data: {
    'excludel2.yaml': `announcedInterfacesToExclude:\n${NEVER_ANNOUNCED.map((one) => `- ${one}\n`).join('')}`,
  },
})

const DAEMONS = [
  ...['bgpd=yes', 'bfdd=yes', 'ospfd=no', 'vtysh_enable=yes'],
  'zebra_options="  -A 127.0.0.1 -s 90000000 --limit-fds 100000"',
  'bgpd_options="   -A 127.0.0.1 -p 0 --limit-fds 100000"',
  'staticd_options="-A 127.0.0.1 --limit-fds 100000"',
  'bfdd_options="   -A 127.0.0.1 --limit-fds 100000"',
]

const frrStartup = (namespace: string): MetallbObject => ({
  ...core('ConfigMap', 'frr-startup', namespace),
  data: {
    daemons: `${DAEMONS.join('\n')}\n`,
    'vtysh.conf': 'service integrated-vtysh-config\n',
    'frr.conf':
      'frr version 8.0\nfrr defaults traditional\nhostname Router\nline vty\nlog stdout informational\n',
  },
})

const webhookService = (namespace: string): MetallbObject => ({
  ...core('Service', 'metallb-webhook-service', namespace),
  spec: {
    ports: [{ port: 443, targetPort: 9443 }],
    selector: { component: 'controller' },
  },
})

/** One entry of the configuration per kind: plural, version, kind in the path, what is asked about. */
const REVIEWED: readonly [string, string, string, readonly string[]][] = [
  ['bgppeers', 'v1beta2', 'bgppeer', ['CREATE', 'UPDATE']],
  ['bfdprofiles', 'v1beta1', 'bfdprofile', ['CREATE', 'DELETE']],
  ['bgpadvertisements', 'v1beta1', 'bgpadvertisement', ['CREATE', 'UPDATE']],
  ['communities', 'v1beta1', 'community', ['CREATE', 'UPDATE']],
  ['ipaddresspools', 'v1beta1', 'ipaddresspool', ['CREATE', 'UPDATE']],
  ['l2advertisements', 'v1beta1', 'l2advertisement', ['CREATE', 'UPDATE']],
]

const validation = (namespace: string): MetallbObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'metallb-webhook-configuration' },
  webhooks: REVIEWED.map(([plural, version, kind, operations]) => ({
    // The only one whose name has the plural.
    name: `${kind === 'bgppeer' ? plural : kind}validationwebhook.metallb.io`,
    ...{ admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' },
    clientConfig: {
      service: {
        name: 'metallb-webhook-service',
        namespace,
        path: `/validate-metallb-io-${version}-${kind}`,
      },
    },
    rules: [{ apiGroups: ['metallb.io'], apiVersions: [version], operations, resources: [plural] }],
  })),
})
