// What can be set about metrics: their ports, and the objects that Prometheus' operator reads.
import { z } from 'zod'
import { anyList, labels, port } from './component-settings.ts'
import { INGRESS_PORTS } from './network-settings.ts'
import { item, keep, merge, set, spot, within } from './place.ts'
import { group, setting } from './setting.ts'
import { CONTAINER, PODS, RIGHTS_OF_PROMETHEUS, type Role } from './spots.ts'

const ROLES: readonly Role[] = ['controller', 'speaker']
const MONITOR = spot('ServiceMonitor/metallb')
const ENDPOINT = within(MONITOR, 'spec', 'endpoints', item('metricshttps'))
const RULE = spot('PrometheusRule/metallb')
const annotation = (role: Role, name: string) =>
  within(PODS[role], 'metadata', 'annotations', `prometheus.io/${name}`)
const number = (value: string) => Number(value)

/** The flag, the container's port, and the Service's, of both roles. */
const portOf = (flag: string, name: string) =>
  ROLES.map((role) => {
    const service = within(spot(`Service/${role}-monitor-service`), 'spec', 'ports', item(name))
    return {
      flag: within(CONTAINER[role], 'args', item(flag)),
      container: within(CONTAINER[role], 'ports', item(name)),
      service,
    }
  })
const SECURE = portOf('--port=', 'metricshttps')
const PLAIN = portOf('--metrics-plain-port=', 'monitoring')

const portChanges = (flag: string, places: typeof SECURE) =>
  places.flatMap((at) => [
    set(at.flag, (value) => `${flag}${value}`),
    set(within(at.container, 'containerPort'), number),
    set(within(at.service, 'port'), number),
  ])

export const prometheusSettings = group({
  metricsPort: setting(port, {
    about: 'Port of the metrics that asks for a token.',
    initial: 9120,
    changes: portChanges('--port=', SECURE),
  }),
  plainMetricsPort: setting(z.int().min(0).max(65535), {
    about: 'Port of the metrics that asks nobody; 0 takes it away, and the annotations with it.',
    initial: 7472,
    changes: [
      ...portChanges('--metrics-plain-port=', PLAIN),
      ...ROLES.map((role) => set(annotation(role, 'port'), (value) => value)),
      ...PLAIN.flatMap((at) => [keep(at.flag), keep(at.container), keep(at.service)]),
      keep(within(INGRESS_PORTS, item('monitoring'))),
      ...ROLES.flatMap((role) => ['scrape', 'port'].map((name) => keep(annotation(role, name)))),
    ],
  }),
  scrapeAnnotations: setting(z.boolean(), {
    about: 'Annotations by which a Prometheus without its operator finds the Pods.',
    initial: true,
    changes: ROLES.flatMap((role) =>
      ['scrape', 'port'].map((name) => keep(annotation(role, name))),
    ),
  }),
  rbacPrometheus: setting(z.boolean(), {
    about: 'With a ServiceMonitor: let Prometheus find the Pods and get their metrics.',
    initial: true,
    changes: RIGHTS_OF_PROMETHEUS.map((at) => keep(at)),
  }),
  serviceAccount: setting(z.string(), {
    about: 'The account of Prometheus.',
    initial: 'prometheus-k8s',
    changes: subject('name'),
  }),
  namespace: setting(z.string(), {
    about: 'The namespace of that account.',
    initial: 'monitoring',
    changes: subject('namespace'),
  }),
  serviceMonitor: group({
    enabled: setting(z.boolean(), {
      about: 'Install a ServiceMonitor. Its definition must be there.',
      initial: false,
      changes: [MONITOR, ...RIGHTS_OF_PROMETHEUS].map((at) => keep(at)),
    }),
    additionalLabels: setting(labels, {
      about: 'Labels by which Prometheus selects it.',
      initial: {},
      changes: [merge(within(MONITOR, 'metadata', 'labels'))],
    }),
    annotations: setting(labels, {
      about: 'Annotations of it.',
      initial: {},
      changes: [set(within(MONITOR, 'metadata', 'annotations'))],
    }),
    interval: setting(z.string(), {
      about: 'How often Prometheus asks.',
      initial: '30s',
      changes: [set(within(ENDPOINT, 'interval'))],
    }),
    tlsConfig: setting(z.record(z.string(), z.unknown()), {
      about: 'How Prometheus checks the certificate. Empty: not at all.',
      initial: {},
      changes: [set(within(ENDPOINT, 'tlsConfig'))],
    }),
    metricRelabelings: setting(anyList, {
      about: 'Changes of what was scraped.',
      initial: [],
      changes: [set(within(ENDPOINT, 'metricRelabelings'))],
    }),
    relabelings: setting(anyList, {
      about: 'Changes of what is scraped.',
      initial: [],
      changes: [set(within(ENDPOINT, 'relabelings'))],
    }),
  }),
  prometheusRule: group({
    enabled: setting(z.boolean(), {
      about: 'Install the alerts. Their definition must be there.',
      initial: false,
      changes: [keep(RULE)],
    }),
    additionalLabels: setting(labels, {
      about: 'Labels by which Prometheus selects them.',
      initial: {},
      changes: [merge(within(RULE, 'metadata', 'labels'))],
    }),
    annotations: setting(labels, {
      about: 'Annotations of them.',
      initial: {},
      changes: [set(within(RULE, 'metadata', 'annotations'))],
    }),
  }),
})

function subject(key: 'name' | 'namespace') {
  return ['RoleBinding/prometheus-k8s', 'ClusterRoleBinding/metallb-system:metrics-reader'].map(
    (object) => set(within(spot(object), 'subjects', item('ServiceAccount'), key)),
  )
}
