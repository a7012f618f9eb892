// The metrics of BGP and BFD sessions. MetalLB has them in a process of its own; names and labels are
// the same.
import { counter, gauge, type Metric } from './metric.ts'

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
