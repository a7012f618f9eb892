// MetalLB's Deployment and DaemonSet of its FRR manifest: their selectors, ports, mounts and containers,
// which are what a move away from them meets.
const SPEAKER = 'quay.io/metallb/speaker:v0.15.3'
const CONTROLLER = 'quay.io/metallb/controller:v0.15.3'
const FRR = 'quay.io/frrouting/frr:10.5.3'

const fromField = (name: string, fieldPath: string) => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
})
const fromValue = (name: string, value: string) => ({ name, value })
const port = (name: string, containerPort: number, protocol = 'TCP') => ({
  name,
  containerPort,
  protocol,
})
const mount = (name: string, mountPath: string, readOnly = false) =>
  readOnly ? { name, mountPath, readOnly } : { name, mountPath }

const hardened = (...add: string[]) => ({
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: add.length > 0 ? { drop: ['ALL'], add } : { drop: ['ALL'] },
})

const probes = (host?: string) => {
  const probe = (path: string) => ({
    httpGet: { path, port: 17472, ...(host && { host }) },
    ...{ initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 1 },
    ...{ successThreshold: 1, failureThreshold: 3 },
  })
  return { livenessProbe: probe('/healthz'), readinessProbe: probe('/readyz') }
}

const annotations = { 'prometheus.io/port': '9120', 'prometheus.io/scrape': 'true' }

export function metallbController(namespace: string) {
  const labels = { app: 'metallb', component: 'controller' }
  const container = {
    name: 'controller',
    image: CONTROLLER,
    args: ['--port=9120', '--log-level=info'],
    env: [
      fromField('METALLB_POD_NAME', 'metadata.name'),
      fromValue('METALLB_ML_SECRET_NAME', 'memberlist'),
      fromValue('METALLB_DEPLOYMENT', 'controller'),
      fromValue('METALLB_BGP_TYPE', 'frr'),
    ],
    ports: [port('metricshttps', 9120), port('webhook-server', 9443)],
    ...probes(),
    securityContext: hardened(),
    volumeMounts: [mount('cert', '/tmp/k8s-webhook-server/serving-certs', true)],
  }
  const pod = {
    serviceAccountName: 'controller',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534 },
    containers: [container],
    volumes: [{ name: 'cert', secret: { secretName: 'metallb-webhook-cert', defaultMode: 420 } }],
  }
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'controller', namespace, labels },
    spec: {
      revisionHistoryLimit: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: pod },
    },
  }
}

const speakerContainer = {
  name: 'speaker',
  image: SPEAKER,
  args: ['--port=9120', '--log-level=info'],
  env: [
    fromField('METALLB_NODE_NAME', 'spec.nodeName'),
    fromField('METALLB_POD_NAME', 'metadata.name'),
    fromField('METALLB_HOST', 'status.hostIP'),
    fromField('METALLB_ML_BIND_ADDR', 'status.podIP'),
    fromValue('METALLB_ML_LABELS', 'app=metallb,component=speaker'),
    fromValue('METALLB_ML_SECRET_KEY_PATH', '/etc/ml_secret_key'),
    fromValue('FRR_CONFIG_FILE', '/etc/frr_reloader/frr.conf'),
    fromValue('FRR_RELOADER_PID_FILE', '/etc/frr_reloader/reloader.pid'),
    fromValue('METALLB_BGP_TYPE', 'frr'),
  ],
  ports: [
    port('metricshttps', 9120),
    port('memberlist-tcp', 7946),
    port('memberlist-udp', 7946, 'UDP'),
  ],
  ...probes('127.0.0.1'),
  securityContext: hardened('NET_RAW'),
  volumeMounts: [
    mount('memberlist', '/etc/ml_secret_key', true),
    mount('reloader', '/etc/frr_reloader'),
    mount('metallb-excludel2', '/etc/metallb', true),
    mount('memberlist-config', '/etc/metallb/memberlist', true),
  ],
}

const livez = {
  httpGet: { path: '/livez', port: 9121, scheme: 'HTTPS' },
  ...{ periodSeconds: 5 },
}

const frrContainers = [
  {
    name: 'frr',
    image: FRR,
    command: ['/bin/sh', '-c', '/sbin/tini -- /usr/lib/frr/docker-start'],
    env: [fromValue('TINI_SUBREAPER', 'true')],
    livenessProbe: { ...livez, failureThreshold: 3 },
    startupProbe: { ...livez, failureThreshold: 30 },
    securityContext: {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      capabilities: { add: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'NET_BIND_SERVICE'] },
    },
    volumeMounts: [
      mount('frr-sockets', '/var/run/frr'),
      mount('frr-conf', '/etc/frr'),
      mount('frr-tmp', '/var/tmp/frr'),
      mount('frr-lib', '/var/lib/frr'),
    ],
  },
  {
    name: 'reloader',
    image: FRR,
    command: ['/etc/frr_reloader/frr-reloader.sh'],
    securityContext: hardened(),
    volumeMounts: [
      mount('frr-sockets', '/var/run/frr'),
      mount('frr-conf', '/etc/frr'),
      mount('reloader', '/etc/frr_reloader'),
      mount('frr-log', '/var/log/frr'),
    ],
  },
  {
    name: 'frr-metrics',
    image: FRR,
    command: ['/etc/frr_metrics/frr-metrics'],
    args: ['--metrics-port=9121', '--metrics-bind-address=0.0.0.0'],
    env: [fromValue('VTYSH_HISTFILE', '/dev/null')],
    ports: [port('frrmetricshttps', 9121)],
    securityContext: hardened(),
    volumeMounts: [
      mount('frr-sockets', '/var/run/frr'),
      mount('frr-conf', '/etc/frr'),
      mount('metrics', '/etc/frr_metrics'),
    ],
  },
]

const initContainers = [
  {
    name: 'cp-frr-files',
    image: FRR,
    command: ['/bin/sh', '-c', 'cp -rLf /tmp/frr/* /etc/frr/'],
    securityContext: { ...hardened(), runAsUser: 100, runAsGroup: 101 },
    volumeMounts: [mount('frr-startup', '/tmp/frr'), mount('frr-conf', '/etc/frr')],
  },
  ...[
    ['cp-reloader', '/frr-reloader.sh', '/etc/frr_reloader', 'reloader'] as const,
    ['cp-metrics', '/frr-metrics', '/etc/frr_metrics', 'metrics'] as const,
  ].map(([name, file, folder, volume]) => ({
    ...{ name, image: SPEAKER },
    command: ['/cp-tool', file, folder + file],
    securityContext: hardened(),
    volumeMounts: [mount(volume, folder)],
  })),
]

const EMPTY = ['reloader', 'metrics', 'frr-sockets', 'frr-conf', 'frr-tmp', 'frr-lib', 'frr-log']
const volumes = [
  { name: 'memberlist', secret: { secretName: 'memberlist', defaultMode: 420 } },
  { name: 'metallb-excludel2', configMap: { name: 'metallb-excludel2', defaultMode: 256 } },
  { name: 'memberlist-config', configMap: { name: 'metallb-memberlist-config', optional: true } },
  { name: 'frr-startup', configMap: { name: 'frr-startup' } },
  ...EMPTY.map((name) => ({ name, emptyDir: {} })),
]

export function metallbSpeaker(namespace: string) {
  const labels = { app: 'metallb', component: 'speaker' }
  const controlPlane = ['master', 'control-plane'].map((role) => ({
    key: `node-role.kubernetes.io/${role}`,
    ...{ operator: 'Exists', effect: 'NoSchedule' },
  }))
  const pod = {
    serviceAccountName: 'speaker',
    ...{ hostNetwork: true, shareProcessNamespace: true },
    terminationGracePeriodSeconds: 2,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: controlPlane,
    initContainers,
    containers: [speakerContainer, ...frrContainers],
    volumes,
  }
  return {
    ...{ apiVersion: 'apps/v1', kind: 'DaemonSet' },
    metadata: { name: 'speaker', namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: pod },
    },
  }
}
