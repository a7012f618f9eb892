// Every metric: name, labels and meaning. MetalLB's by their names, because dashboards and alerts
// know them; ours begin with `ferrule_`. Those of BGP and BFD stand in session-catalogue.ts.

import { counter, gauge, histogram, type Metric } from './metric.ts'

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

export const API = {
  requests: counter(
    'ferrule_api_requests_total',
    'Requests to the API server, by answer; without one the code is "error". Statuses have resources of their own.',
    ['method', 'resource', 'code'],
  ),
  events: counter(
    'ferrule_events_total',
    'Events on objects: "sent", "dropped" (too many on one object), or "lost" (not taken in time).',
    ['result'],
  ),
} as const satisfies Record<string, Metric>

const pool = (what: string, help: string) => gauge(`metallb_allocator_${what}`, help, ['pool'])

export const CONTROLLER = {
  leads: gauge('ferrule_leader_bool', '1 while this controller is the one that leads.'),
  served: gauge('ferrule_services_with_address', 'Services that have what they were given.'),
  pending: gauge('ferrule_services_pending', 'Services without an address, by the reason why.', [
    'reason',
  ]),
  total: pool('addresses_total', 'Addresses of the pool.'),
  total4: pool('ipv4_addresses_total', 'IPv4 addresses of the pool.'),
  total6: pool('ipv6_addresses_total', 'IPv6 addresses of the pool.'),
  inUse: pool('addresses_in_use_total', 'Addresses of the pool that some Service has.'),
  inUse4: pool('ipv4_addresses_in_use_total', 'IPv4 addresses of the pool that some Service has.'),
  inUse6: pool('ipv6_addresses_in_use_total', 'IPv6 addresses of the pool that some Service has.'),
  services: pool('services_allocated_total', 'Services that have an address of the pool.'),
} as const satisfies Record<string, Metric>

export const SPEAKER = {
  announced: gauge('metallb_speaker_announced', '1 for each address this node means to announce.', [
    'service',
    'protocol',
    'node',
    'ip',
  ]),
  decisions: gauge(
    'ferrule_speaker_services',
    'Services by what this node does with them: "announced", or the reason why not.',
    ['protocol', 'decision'],
  ),
  refused: gauge('ferrule_frr_refused_bool', '1 while FRR refuses a line of its configuration.'),
} as const satisfies Record<string, Metric>

const ofAddress = (name: string, help: string) => counter(name, help, ['ip'])

export const LAYER2 = {
  requests: ofAddress(
    'metallb_layer2_requests_received',
    'ARP and NDP requests for the address, on an interface where this node answers for it.',
  ),
  responses: ofAddress('metallb_layer2_responses_sent', 'Answers to them.'),
  gratuitous: ofAddress(
    'metallb_layer2_gratuitous_sent',
    'Packets that nobody asked for: they tell neighbours that the address is here now.',
  ),
  conflicts: ofAddress(
    'ferrule_layer2_conflicts_total',
    'Packets of another machine that claims the address while this node answers for it.',
  ),
  frames: counter(
    'ferrule_layer2_frames_total',
    'ARP and NDP packets that came in, by what became of them: answered, or why not.',
    ['outcome'],
  ),
  restarts: counter(
    'ferrule_layer2_restarts_total',
    'How often what answers on layer 2 failed and was started anew.',
  ),
} as const satisfies Record<string, Metric>

export const GOSSIP = {
  members: gauge(
    'ferrule_gossip_members',
    'Speakers in the gossip, this one included; alive and suspect ones count as living.',
    ['state'],
  ),
  health: gauge(
    'ferrule_gossip_health_score',
    'How badly this speaker fares when it probes others; 0 is healthy.',
  ),
  packets: counter('ferrule_gossip_packets_total', 'Datagrams of the gossip.', ['direction']),
  connections: counter(
    'ferrule_gossip_connections_total',
    'Connections over TCP that were opened to this speaker.',
  ),
  dropped: counter(
    'ferrule_gossip_dropped_total',
    'What came in and could not be read, by the reason.',
    ['reason'],
  ),
  events: counter(
    'ferrule_gossip_events_total',
    'What happened in the gossip: members that joined or left, suspicions, accusations, failures.',
    ['event'],
  ),
} as const satisfies Record<string, Metric>

export const FRR = {
  applyDuration: histogram(
    'ferrule_frr_apply_duration_seconds',
    'To make FRR run what is wanted, when that was something else.',
  ),
  commands: counter('ferrule_frr_commands_total', 'Lines that were sent to FRR to change it.'),
  undone: counter(
    'ferrule_frr_undone_lines_total',
    'Those of them that undid what somebody else changed, or FRR forgot: nothing new was wanted.',
  ),
  resets: counter(
    'ferrule_frr_session_resets_total',
    'Sessions that a change of their peer made FRR begin anew.',
  ),
} as const satisfies Record<string, Metric>
