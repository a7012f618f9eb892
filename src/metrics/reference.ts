// The catalogue → docs/metrics.md. Pure.
import * as catalogue from './catalogue.ts'
import type { Metric } from './metric.ts'
import * as sessions from './session-catalogue.ts'

const ALL = { ...catalogue, ...sessions }
type Section = keyof typeof ALL

export const METRICS: readonly Metric[] = Object.values(ALL).flatMap((one): Metric[] =>
  Object.values(one),
)

const BOTH = 'Controller and speaker.'
const SPEAKER = 'Speaker.'

/** In the order of the page. */
const SECTIONS: Readonly<Record<Section, { readonly title: string; readonly about: string }>> = {
  SHARED: { title: 'Configuration and passes', about: BOTH },
  CONTROLLER: { title: 'Addresses', about: 'Controller; of several, the one that leads.' },
  SPEAKER: { title: 'Announcements', about: SPEAKER },
  BGP: {
    title: 'BGP sessions',
    about: `${SPEAKER} One series for each session that this node shall have: one that FRR does not know, or an FRR that does not answer, is 0. \`peer\` is address and configured port, without brackets (\`192.0.2.1:179\`, \`fc00::4:179\`), of an unnumbered peer interface and port (\`eth0:179\`); \`vrf\` is \`default\` for the main table.`,
  },
  BGP_MESSAGES: {
    title: 'BGP messages',
    about: `${SPEAKER} As FRR counts them since it knows the session; absent while it does not.`,
  },
  BFD: {
    title: 'BFD sessions',
    about: `${SPEAKER} One series for each session whose peer has a BFD profile. \`peer\` is its address, of an unnumbered peer its interface: the link-local address behind it may become another one.`,
  },
  BFD_COUNTERS: {
    title: 'BFD packets and events',
    about: `${SPEAKER} As FRR counts them since it knows the session; absent while it does not.`,
  },
  SESSIONS: { title: 'All sessions of a node', about: SPEAKER },
  LAYER2: {
    title: 'Layer 2',
    about: `${SPEAKER} Of the addresses this node answers for, since it began to answer at all.`,
  },
  GOSSIP: { title: 'Gossip', about: `${SPEAKER} Nothing where the speakers do not gossip.` },
  FRR: { title: 'Changes of FRR', about: SPEAKER },
  API: { title: 'API server', about: `${BOTH} Nothing where objects are files.` },
}

/** "MetalLB metrics for BGP and BFD" of OpenShift's documentation lists these. */
const IN_OPENSHIFT: ReadonlySet<string> = new Set([
  'metallb_bfd_control_packet_input',
  'metallb_bfd_control_packet_output',
  'metallb_bfd_echo_packet_input',
  'metallb_bfd_echo_packet_output',
  'metallb_bfd_session_down_events',
  'metallb_bfd_session_up',
  'metallb_bfd_session_up_events',
  'metallb_bfd_zebra_notifications',
  'metallb_bgp_announced_prefixes_total',
  'metallb_bgp_session_up',
  'metallb_bgp_updates_total',
])

export function renderMetrics(): string {
  return [
    '# Metrics',
    '',
    'At `/metrics` of controller and speaker, in the text format of Prometheus; both are read when somebody',
    'asks. Names that begin with `metallb_` mean what they mean in MetalLB, whose `frr-metrics` container is not',
    'needed: the speaker tells the sessions itself. The last column says where else a name is known from:',
    '*MetalLB*, and *OpenShift* where the chapter "MetalLB metrics for BGP and BFD" of OpenShift\'s documentation',
    'lists it. Alerts and a dashboard that use them are in `manifests/monitoring`; each alert has its page in',
    '`docs/runbooks`.',
    '',
    ...Object.entries(SECTIONS).flatMap(([section, { title, about }]) => [
      `## ${title}`,
      '',
      about,
      '',
      '| name | type | labels | meaning | known from |',
      '|---|---|---|---|---|',
      ...Object.values(ALL[section as Section]).map(rowOf),
      '',
    ]),
  ].join('\n')
}

function rowOf({ name, type, labels, help }: Metric): string {
  const known = knownFrom(name)
  const cells = [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help, known]
  return `| ${cells.join(' | ')} |`
}

function knownFrom(name: string): string {
  if (IN_OPENSHIFT.has(name)) return 'MetalLB, OpenShift'
  if (name.startsWith('metallb_')) return 'MetalLB'
  return name.startsWith('process_') ? 'every client of Prometheus' : ''
}
