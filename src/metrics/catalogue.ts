// Every metric: name, labels and meaning. MetalLB's by their names, because dashboards and alerts
// know them; ours begin with `ferrule_`.

export interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

const gauge = (name: string, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name, type: 'gauge', help, labels },
})
const counter = (name: string, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name, type: 'counter', help, labels },
})
const histogram = (name: string, help: string): Metric => ({
  ...{ name, type: 'histogram', help, labels: [] },
})

export const SHARED = {
  configLoaded: gauge(
    'metallb_k8s_client_config_loaded_bool',
    '1 once the configuration was read for the first time.',
  ),
  configStale: gauge(
    'metallb_k8s_client_config_stale_bool',
    '1 while some object of the configuration is refused: it is left out, or as it was accepted last.',
  ),
  updates: counter('metallb_k8s_client_updates_total', 'Changes of objects that were taken in.'),
  updateErrors: counter(
    'metallb_k8s_client_update_errors_total',
    'Passes that could not do all they wanted.',
  ),
  passDuration: histogram(
    'ferrule_pass_duration_seconds',
    'From a change to all of it being done.',
  ),
  problems: gauge('ferrule_problems', 'What is wrong with objects, by kind.', ['kind']),
  memory: gauge('process_resident_memory_bytes', 'Memory of this process in RAM.'),
  cpu: counter('process_cpu_seconds_total', 'CPU time of this process, user and system.'),
  started: gauge('process_start_time_seconds', 'When this process started, in Unix time.'),
} as const satisfies Record<string, Metric>

const pool = (what: string, help: string) => gauge(`metallb_allocator_${what}`, help, ['pool'])

export const CONTROLLER = {
  total: pool('addresses_total', 'Addresses of the pool.'),
  total4: pool('ipv4_addresses_total', 'IPv4 addresses of the pool.'),
  total6: pool('ipv6_addresses_total', 'IPv6 addresses of the pool.'),
  inUse: pool('addresses_in_use_total', 'Addresses of the pool that some Service has.'),
  inUse4: pool('ipv4_addresses_in_use_total', 'IPv4 addresses of the pool that some Service has.'),
  inUse6: pool('ipv6_addresses_in_use_total', 'IPv6 addresses of the pool that some Service has.'),
  services: pool('services_allocated_total', 'Services that have an address of the pool.'),
} as const satisfies Record<string, Metric>

const ofAddress = (name: string, help: string) => counter(name, help, ['ip'])

export const SPEAKER = {
  announced: gauge('metallb_speaker_announced', '1 for each address this node means to announce.', [
    'service',
    'protocol',
    'node',
    'ip',
  ]),
  applyDuration: histogram(
    'ferrule_frr_apply_duration_seconds',
    'To make FRR run what is wanted, when that was something else.',
  ),
  refused: gauge('ferrule_frr_refused_bool', '1 while FRR refuses a line of its configuration.'),
  l2Requests: ofAddress(
    'metallb_layer2_requests_received',
    'ARP and NDP requests for the address, on an interface where this node answers for it.',
  ),
  l2Responses: ofAddress('metallb_layer2_responses_sent', 'Answers to them.'),
  l2Gratuitous: ofAddress(
    'metallb_layer2_gratuitous_sent',
    'Packets that nobody asked for: they tell neighbours that the address is here now.',
  ),
  l2Conflicts: ofAddress(
    'ferrule_layer2_conflicts_total',
    'Packets of another machine that claims the address while this node answers for it.',
  ),
} as const satisfies Record<string, Metric>

const PEER = ['peer', 'vrf']
const sessionGauge = (name: string, help: string) => gauge(name, help, PEER)
const sessionCounter = (name: string, help: string) => counter(name, help, PEER)

/** Of each session that this node shall have: `peer` is address, or interface, and configured port. */
export const BGP = {
  up: sessionGauge('metallb_bgp_session_up', '1 while the session is established.'),
  announcedPrefixes: sessionGauge(
    'metallb_bgp_announced_prefixes_total',
    'Prefixes that the neighbour was sent and that stand, of all families.',
  ),
  wantedPrefixes: sessionGauge(
    'ferrule_bgp_wanted_prefixes',
    'Prefixes that the neighbour shall hear, of all families.',
  ),
  established: sessionCounter(
    'ferrule_bgp_session_established_total',
    'How often the session came up since FRR knows it.',
  ),
  dropped: sessionCounter(
    'ferrule_bgp_session_dropped_total',
    'How often the session went down since FRR knows it.',
  ),
} as const satisfies Record<string, Metric>

/** Messages; absent while bgpd does not answer, or does not know the session. */
export const BGP_MESSAGES = {
  opensSent: sessionCounter('metallb_bgp_opens_sent', 'OPEN messages sent.'),
  opensReceived: sessionCounter('metallb_bgp_opens_received', 'OPEN messages received.'),
  notificationsSent: sessionCounter(
    'metallb_bgp_notifications_sent',
    'NOTIFICATION messages sent: each ended a session.',
  ),
  notificationsReceived: sessionCounter(
    'ferrule_bgp_notifications_received_total',
    'NOTIFICATION messages received: each ended a session.',
  ),
  updatesSent: sessionCounter('metallb_bgp_updates_total', 'UPDATE messages sent.'),
  updatesReceived: sessionCounter(
    'metallb_bgp_updates_total_received',
    'UPDATE messages received.',
  ),
  keepalivesSent: sessionCounter('metallb_bgp_keepalives_sent', 'KEEPALIVE messages sent.'),
  keepalivesReceived: sessionCounter(
    'metallb_bgp_keepalives_received',
    'KEEPALIVE messages received.',
  ),
  routeRefreshSent: sessionCounter(
    'metallb_bgp_route_refresh_sent',
    'ROUTE-REFRESH messages sent.',
  ),
  totalSent: sessionCounter('metallb_bgp_total_sent', 'Messages sent, of all types.'),
  totalReceived: sessionCounter('metallb_bgp_total_received', 'Messages received, of all types.'),
} as const satisfies Record<string, Metric>

/** Of each session whose peer has a BFD profile: `peer` is its address, or its interface. */
export const BFD = {
  up: sessionGauge('metallb_bfd_session_up', '1 while BFD says that the path to the peer is up.'),
} as const satisfies Record<string, Metric>

/** Absent while bfdd does not answer, or does not know the session. */
export const BFD_COUNTERS = {
  controlReceived: sessionCounter(
    'metallb_bfd_control_packet_input',
    'BFD control packets received.',
  ),
  controlSent: sessionCounter('metallb_bfd_control_packet_output', 'BFD control packets sent.'),
  echoReceived: sessionCounter('metallb_bfd_echo_packet_input', 'BFD echo packets received.'),
  echoSent: sessionCounter('metallb_bfd_echo_packet_output', 'BFD echo packets sent.'),
  ups: sessionCounter('metallb_bfd_session_up_events', 'How often BFD said that the path is up.'),
  downs: sessionCounter(
    'metallb_bfd_session_down_events',
    'How often BFD said that the path is down.',
  ),
  zebraNotifications: sessionCounter(
    'metallb_bfd_zebra_notifications',
    'What bfdd told the other daemons of FRR about the session.',
  ),
} as const satisfies Record<string, Metric>

/** Of this node's sessions and of FRR as a whole. */
export const SESSIONS = {
  wanted: gauge('ferrule_bgp_sessions_wanted', 'BGP sessions that this node shall have.'),
  established: gauge('ferrule_bgp_sessions_established', 'Those of them that are established.'),
  silent: gauge(
    'ferrule_frr_silent_bool',
    '1 while the daemon does not answer: what its sessions do is not known.',
    ['daemon'],
  ),
} as const satisfies Record<string, Metric>
