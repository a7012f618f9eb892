// The flags that the long-running roles share: MetalLB's own by their names, and ours. Those of
// MetalLB that have no meaning here are accepted, so that a manifest needs no edit, and say so.
import type { Level } from '../log.ts'
import { choice, type Flag, milliseconds, port, text, truth } from './flags.ts'

const LEVELS: readonly Level[] = ['all', 'debug', 'info', 'warn', 'error', 'none']

export const objects = text(
  'Folder with the objects as YAML or JSON files, in any number of files and folders below it, instead of a cluster. Statuses are written to .status/ in it.',
  '',
  { value: 'DIR' },
)

export const namespace = text('Namespace of the configuration objects.', 'metallb-system', {
  env: 'METALLB_NAMESPACE',
  value: 'NAME',
})

export const shared = {
  objects,
  rescanMs: milliseconds(
    'Look at every file in the folder this often, whatever the kernel tells. Lower it where it tells nothing: NFS, some mounts.',
    30_000,
  ),
  kubeconfig: text('File that says how to reach the API server. In a Pod it is not needed.', '', {
    env: 'KUBECONFIG',
    value: 'FILE',
  }),
  kubernetesHost: text('Address of the API server, as Kubernetes tells every Pod.', '', {
    env: 'KUBERNETES_SERVICE_HOST',
    value: 'ADDRESS',
  }),
  kubernetesPort: text('Its port.', '443', { env: 'KUBERNETES_SERVICE_PORT', value: 'PORT' }),
  podName: text('Name of our own Pod; statuses go when it goes.', '', {
    env: 'METALLB_POD_NAME',
    value: 'NAME',
  }),
  namespace,
  logLevel: choice('Least important lines to log.', LEVELS, 'info'),
  lbClass: text(
    'Serve Services of this loadBalancerClass only. Without it, only those that name no class.',
    '',
    { value: 'CLASS' },
  ),
  host: text(
    'Address of this host to serve on. Without it plain HTTP is for loopback only, and what asks for a token for every address.',
    '',
    { env: 'METALLB_HOST', value: 'ADDRESS' },
  ),
  port: port(
    'Port for metrics, health and the plan; 0 serves nothing there. In a cluster HTTPS: who asks for more than health shows a token of the cluster and may get that path. Over a folder plain HTTP.',
    9120,
  ),
  once: truth('Make one pass, then exit: 1 if something could not be done.'),
}

export const node = {
  nodeName: text('Name of this node, as in Node objects.', '', {
    alias: 'node',
    env: 'METALLB_NODE_NAME',
    value: 'NAME',
  }),
  ignoreExcludeLb: truth(
    'Announce from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers too.',
  ),
  frrRunDir: text("Folder of FRR's sockets.", '/var/run/frr', { value: 'DIR' }),
  frrConfigDir: text('Folder of frr.conf.', '/etc/frr', { value: 'DIR' }),
}

/** Of a role in a cluster. */
export const listening = {
  metricsPlainPort: port(
    'Port for /metrics and health as plain HTTP, for whoever reaches it; 0 serves nothing there.',
    0,
  ),
  healthProbePort: port(
    'Port for health as plain HTTP; who asks on this machine itself is answered everything. 0 serves nothing there.',
    17472,
  ),
  metricsCertDir: text(
    'Folder with tls.crt and tls.key to serve --port with, read again whenever they change. Without it a certificate of our own that nobody can verify.',
    '',
    { value: 'DIR' },
  ),
  tlsMinVersion: text('Least version of TLS to speak: VersionTLS12 or VersionTLS13.', '', {
    value: 'VERSION',
  }),
  tlsCipherSuites: text('Suites to speak below TLS 1.3: names with commas between.', '', {
    value: 'NAMES',
  }),
  tlsCurvePreferences: text('Curves of the key exchange: numbers with commas between.', '', {
    value: 'NUMBERS',
  }),
}

const NO_EFFECT = 'Accepted for MetalLB, without effect here'
const unused = (reason: string): Flag<string> => text(`${NO_EFFECT}: ${reason}`)

const unusedShared = {
  pprofBindAddress: unused('there is no Go runtime to profile.'),
}

export const unusedBySpeaker = {
  ...unusedShared,
  bgpDebounceTimeout: unused('the first change goes to FRR at once, the rest follows in one more.'),
  frrk8sNamespace: unused('FRR is configured directly.'),
  frrk8sSecretPassthrough: truth(`${NO_EFFECT}: FRR is configured directly.`),
}

export const unusedByController = {
  ...unusedShared,
  webhookHttp2: truth(`${NO_EFFECT}: the webhook speaks HTTP/1.1.`),
}

export const gossipKey = {
  mlSecretName: text(
    "Secret with the key of the speakers' gossip. Made by the controller that leads where there is none, with a random key, and never overwritten; without a name it is left to others.",
    '',
    { env: 'METALLB_ML_SECRET_NAME', value: 'NAME' },
  ),
  deployment: text('Deployment of the controller; that Secret goes when it goes.', '', {
    env: 'METALLB_DEPLOYMENT',
    value: 'NAME',
  }),
}

export const webhook = {
  webhookMode: choice(
    'Answer admission and conversion of a cluster: beside everything else, not at all, or nothing else.',
    ['enabled', 'disabled', 'onlywebhook'],
    'enabled',
  ),
  webhookPort: port('Port of the webhook.', 9443),
  webhookSecret: text(
    'Secret of the webhook certificate; made where there is none.',
    'metallb-webhook-cert',
    {
      value: 'NAME',
    },
  ),
  disableCertRotation: truth(
    'Somebody else makes the certificate: it is read from --cert-dir, again whenever it changes, and neither the Secret nor any caBundle is written.',
  ),
  certDir: text(
    'Folder with tls.crt and tls.key, and ca.crt if it is known; used with --disable-cert-rotation only.',
    '/tmp/k8s-webhook-server/serving-certs',
    { value: 'DIR' },
  ),
  certServiceName: text('Service of the webhook, for its certificate.', 'metallb-webhook-service', {
    value: 'NAME',
  }),
}
