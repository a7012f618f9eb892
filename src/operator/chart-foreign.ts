// Values of MetalLB's chart that mean nothing here. Whoever gives one hears why, for a value that is
// ignored in silence is a promise broken; what MetalLB's own values.yaml says, and does no harm, passes.

export interface ForeignValue {
  readonly path: string
  /** What may be said; nothing and an empty word always. */
  readonly harmless: readonly unknown[]
  readonly why: string
}

const NAMES =
  "names are fixed: objects are called as in MetalLB's manifests, so that a cluster can be moved node by node, and there is one installation in a cluster"
const ONE_MONITOR = 'one ServiceMonitor finds both roles; say it as prometheus.serviceMonitor.'
const ALERTS = 'the alerts are one list; write a PrometheusRule of your own for what differs'
const IN_PROCESS =
  "there is no such container: the speaker talks to FRR's sockets and serves its metrics"
const FRR_STARTS = 'FRR has no startup probe; its liveness probe begins late enough'
const IMAGE = "the program is the image's entrypoint; for flags use extraArgs"
const monitorOf = (role: string): ForeignValue[] =>
  ['additionalLabels', 'annotations', 'tlsConfig'].map((key) => ({
    path: `prometheus.serviceMonitor.${role}.${key}`,
    harmless: [key === 'tlsConfig' ? { insecureSkipVerify: true } : {}],
    why: `${ONE_MONITOR}${key}`,
  }))

const podMonitor: readonly ForeignValue[] = [
  { path: 'enabled', harmless: [false] },
  { path: 'additionalLabels', harmless: [{}] },
  { path: 'annotations', harmless: [{}] },
  { path: 'jobLabel', harmless: ['app.kubernetes.io/name'] },
  { path: 'interval', harmless: [] },
  { path: 'metricRelabelings', harmless: [[]] },
  { path: 'relabelings', harmless: [[]] },
  { path: 'tlsConfig', harmless: [{ insecureSkipVerify: true }] },
].map(({ path, harmless }) => ({
  path: `prometheus.podMonitor.${path}`,
  harmless,
  why: 'there is no PodMonitor; use prometheus.serviceMonitor.enabled',
}))

const thresholds = [
  { labels: { severity: 'warning' }, percent: 75 },
  { labels: { severity: 'warning' }, percent: 85 },
  { labels: { severity: 'critical' }, percent: 95 },
]
const ALERT_VALUES: Readonly<Record<string, unknown>> = {
  'staleConfig.enabled': true,
  'staleConfig.labels': { severity: 'warning' },
  'configNotLoaded.enabled': true,
  'configNotLoaded.labels': { severity: 'warning' },
  'addressPoolExhausted.enabled': true,
  'addressPoolExhausted.labels': { severity: 'critical' },
  'addressPoolExhausted.excludePools': '',
  'addressPoolUsage.enabled': true,
  'addressPoolUsage.excludePools': '',
  'addressPoolUsage.thresholds': thresholds,
  'bgpSessionDown.enabled': true,
  'bgpSessionDown.labels': { severity: 'critical' },
  extraAlerts: [],
}
const alerts = Object.entries(ALERT_VALUES).map(
  ([path, value]): ForeignValue => ({
    path: `prometheus.prometheusRule.${path}`,
    harmless: [value],
    why: ALERTS,
  }),
)

const NO_FRR_K8S = 'there is no frr-k8s: the speaker drives an FRR of its own; say false'

const frrK8s = (path: string, why: string): ForeignValue => ({
  path: `frrk8s.${path}`,
  harmless: [false],
  why,
})

const probesOf = (role: string): ForeignValue[] =>
  ['livenessProbe', 'readinessProbe'].map((probe) => ({
    path: `${role}.${probe}.successThreshold`,
    harmless: [1],
    why: 'one answer is enough',
  }))

export const FOREIGN: readonly ForeignValue[] = [
  { path: 'nameOverride', harmless: [], why: NAMES },
  { path: 'fullnameOverride', harmless: [], why: NAMES },
  {
    path: 'configInline',
    harmless: [{}],
    why: 'configuration is objects: IPAddressPool, BGPPeer and the others',
  },
  ...podMonitor,
  ...monitorOf('speaker'),
  ...monitorOf('controller'),
  {
    path: 'prometheus.serviceMonitor.jobLabel',
    harmless: ['app.kubernetes.io/name', 'component'],
    why: 'the alerts call the jobs controller and speaker, which is what the label component says',
  },
  ...alerts,
  {
    path: 'controller.enabled',
    harmless: [true],
    why: 'without the controller there is no address, no key of the gossip, and nobody converts old versions',
  },
  { path: 'controller.command', harmless: [], why: IMAGE },
  { path: 'speaker.command', harmless: [], why: IMAGE },
  ...probesOf('controller'),
  ...probesOf('speaker'),
  { path: 'speaker.startupProbe.enabled', harmless: [true, false], why: FRR_STARTS },
  { path: 'speaker.startupProbe.failureThreshold', harmless: [30], why: FRR_STARTS },
  { path: 'speaker.startupProbe.periodSeconds', harmless: [5], why: FRR_STARTS },
  {
    path: 'speaker.bgpDebounceTimeout',
    harmless: [],
    why: 'nothing waits: the first change goes to FRR at once, the rest follows in one more',
  },
  {
    path: 'speaker.frr.enabled',
    harmless: [true],
    why: 'BGP is spoken by FRR, always; there is no native mode',
  },
  {
    path: 'speaker.frr.metricsPort',
    harmless: [9121],
    why: 'what FRR does is among the metrics of the speaker, at prometheus.metricsPort',
  },
  { path: 'speaker.reloader.resources', harmless: [{}], why: IN_PROCESS },
  { path: 'speaker.frrMetrics.resources', harmless: [{}], why: IN_PROCESS },
  { path: 'speaker.initContainers.cpReloader.resources', harmless: [{}], why: IN_PROCESS },
  { path: 'speaker.initContainers.cpMetrics.resources', harmless: [{}], why: IN_PROCESS },
  frrK8s('enabled', NO_FRR_K8S),
  frrK8s('external', NO_FRR_K8S),
  { path: 'frrk8s.namespace', harmless: [], why: NO_FRR_K8S },
  frrK8s('secretPassthrough', 'the speaker reads the Secrets of sessions itself'),
  {
    path: 'frr-k8s.prometheus.serviceMonitor.enabled',
    harmless: [false],
    why: 'there is no frr-k8s; use prometheus.serviceMonitor.enabled',
  },
]
