// What makes each alert fire, what it then says, and what is near to it and must not. One sample a minute,
// in the notation of promtool: `0x5` is 0 six times, `0+1x5` counts up.

export interface AlertCase {
  readonly alert: string
  /** Series and their values. */
  readonly fires: Readonly<Record<string, string>>
  /** When, in minutes. */
  readonly after: number
  readonly labels?: Readonly<Record<string, string>>
  readonly says: RegExp
  readonly quiet: Readonly<Record<string, string>>
}

const pool = (what: string, name = 'p') => `metallb_allocator_${what}{pool="${name}"}`
const usage = (ipv4: number, ipv6 = 0) => ({
  [pool('ipv4_addresses_total')]: '100x9',
  [pool('ipv4_addresses_in_use_total')]: `${ipv4}x9`,
  [pool('ipv6_addresses_total')]: '1000x9',
  [pool('ipv6_addresses_in_use_total')]: `${ipv6}x9`,
})
const ofPool = { pool: 'p' }
const pod = '{pod="speaker-1"}'
const ofPod = { pod: 'speaker-1' }
const session = '{pod="speaker-1",peer="192.0.2.1:179",vrf="default"}'
const ofSession = { ...ofPod, peer: '192.0.2.1:179', vrf: 'default' }
const path = '{pod="speaker-1",peer="192.0.2.1",vrf="default"}'
const up = (name: string, job = 'speaker') =>
  `up{namespace="metallb-system",job="${job}",pod="${name}"}`

export const ALERT_CASES: readonly AlertCase[] = [
  {
    alert: 'MetalLBStaleConfig',
    fires: { [`metallb_k8s_client_config_stale_bool${pod}`]: '0 1x8' },
    ...{ after: 3, labels: ofPod, says: /^speaker-1 refuses an object/ },
    quiet: { [`metallb_k8s_client_config_stale_bool${pod}`]: '0 1 0x8' },
  },
  {
    alert: 'MetalLBConfigNotLoaded',
    fires: { [`metallb_k8s_client_config_loaded_bool${pod}`]: '0x9' },
    ...{ after: 2, labels: ofPod, says: /^speaker-1 runs, but has not read/ },
    quiet: { [`metallb_k8s_client_config_loaded_bool${pod}`]: '0 1x8' },
  },
  {
    alert: 'MetalLBAddressPoolExhausted',
    ...{ fires: usage(100), after: 2, labels: ofPool, says: /of the pool p is in use/ },
    quiet: usage(99, 999),
  },
  {
    alert: 'MetalLBAddressPoolExhausted',
    ...{ fires: usage(0, 1000), after: 2, labels: ofPool, says: /of the pool p is in use/ },
    // A pool without an address of this family is not exhausted in it.
    quiet: { [pool('ipv6_addresses_total')]: '0x9', [pool('ipv6_addresses_in_use_total')]: '0x9' },
  },
  ...([75, 85, 95] as const).map((percent) => ({
    alert: `MetalLBAddressPoolUsage${percent}Percent`,
    ...{ fires: usage(percent + 1), after: 1, labels: ofPool },
    says: new RegExp(`^${percent + 1} % .* the pool p are in use`),
    quiet: usage(percent),
  })),
  {
    alert: 'MetalLBBGPSessionDown',
    fires: { [`metallb_bgp_session_up${session}`]: '1 0x8' },
    ...{ after: 3, labels: ofSession, says: /^speaker-1 has no BGP session with 192\.0\.2\.1:179/ },
    quiet: { [`metallb_bgp_session_up${session}`]: '1 0 1x8' },
  },
  {
    alert: 'FerruleDown',
    fires: { [up('speaker-1')]: '1 0x8' },
    ...{ after: 4, says: /^speaker-1 \(speaker\) cannot be scraped/ },
    labels: { ...ofPod, job: 'speaker', namespace: 'metallb-system' },
    quiet: { 'up{namespace="other",job="speaker"}': '0x9', [up('c', 'controller')]: '1x9' },
  },
  {
    alert: 'FerruleNoLeader',
    fires: { 'ferrule_leader_bool{pod="a"}': '1 0x8', 'ferrule_leader_bool{pod="b"}': '0x9' },
    ...{ after: 3, says: /^No controller gives addresses/ },
    quiet: { 'ferrule_leader_bool{pod="a"}': '1x9', 'ferrule_leader_bool{pod="b"}': '0x9' },
  },
  {
    alert: 'FerruleServicesPending',
    fires: { 'ferrule_services_pending{reason="noPoolFits"}': '3x9' },
    ...{ after: 6, labels: { reason: 'noPoolFits' }, says: /^3 Services .*: noPoolFits\.$/ },
    quiet: { 'ferrule_services_pending{reason="noPoolFits"}': '3x3 stale _x5' },
  },
  {
    alert: 'FerrulePassesFail',
    fires: { [`metallb_k8s_client_update_errors_total${pod}`]: '0+1x20' },
    ...{ after: 14, labels: ofPod, says: /^speaker-1 has failed/ },
    quiet: { [`metallb_k8s_client_update_errors_total${pod}`]: '0 1x20' },
  },
  {
    alert: 'FerruleAPIServerUnreachable',
    fires: {
      'ferrule_api_requests_total{pod="c",method="GET",resource="nodes",code="error"}': '1+1x20',
    },
    ...{ after: 9, labels: { pod: 'c' }, says: /^c gets no answer/ },
    quiet: {
      'ferrule_api_requests_total{pod="c",method="GET",resource="nodes",code="409"}': '1+1x20',
    },
  },
  {
    alert: 'FerruleFRRRefuses',
    fires: { [`ferrule_frr_refused_bool${pod}`]: '1x9' },
    ...{ after: 2, labels: ofPod, says: /^FRR of speaker-1 refuses/ },
    quiet: { [`ferrule_frr_refused_bool${pod}`]: '0x9' },
  },
  {
    alert: 'FerruleFRRSilent',
    fires: { 'ferrule_frr_silent_bool{pod="speaker-1",daemon="bgpd"}': '1x9' },
    ...{ after: 2, labels: { ...ofPod, daemon: 'bgpd' }, says: /^bgpd beside speaker-1/ },
    quiet: { 'ferrule_frr_silent_bool{pod="speaker-1",daemon="bgpd"}': '1 0x8' },
  },
  {
    alert: 'FerruleFRRChangedByHand',
    fires: { [`ferrule_frr_undone_lines_total${pod}`]: '0 0 4x20' },
    ...{ after: 3, labels: ofPod, says: /^FRR beside speaker-1 did not run/ },
    quiet: { [`ferrule_frr_undone_lines_total${pod}`]: '4x20' },
  },
  {
    alert: 'FerruleNodeWithoutSessions',
    fires: {
      [`ferrule_bgp_sessions_wanted${pod}`]: '2x9',
      [`ferrule_bgp_sessions_established${pod}`]: '1 0x8',
    },
    ...{ after: 3, labels: ofPod, says: /^None of the BGP sessions of speaker-1 is up/ },
    // A node that shall have none lacks none.
    quiet: {
      [`ferrule_bgp_sessions_wanted${pod}`]: '0x9',
      [`ferrule_bgp_sessions_established${pod}`]: '0x9',
    },
  },
  {
    alert: 'FerruleRoutesNotAnnounced',
    fires: {
      [`ferrule_bgp_wanted_prefixes${session}`]: '5x9',
      [`metallb_bgp_announced_prefixes_total${session}`]: '0x9',
      [`metallb_bgp_session_up${session}`]: '1x9',
    },
    ...{ after: 3, labels: ofSession, says: /announce 5 prefixes to 192\.0\.2\.1:179/ },
    quiet: {
      [`ferrule_bgp_wanted_prefixes${session}`]: '5x9',
      [`metallb_bgp_announced_prefixes_total${session}`]: '0x9',
      [`metallb_bgp_session_up${session}`]: '0x9',
    },
  },
  {
    alert: 'FerruleBGPSessionFlapping',
    fires: { [`ferrule_bgp_session_dropped_total${session}`]: '0+1x20' },
    ...{ after: 10, labels: ofSession, says: /192\.0\.2\.1:179 went down\s+\d+ times/ },
    quiet: { [`ferrule_bgp_session_dropped_total${session}`]: '7x4 8x20' },
  },
  {
    alert: 'FerruleBFDSessionDown',
    fires: { [`metallb_bfd_session_up${path}`]: '1 0x8' },
    ...{ after: 3, says: /from speaker-1 to 192\.0\.2\.1 \(VRF default\)/ },
    labels: { ...ofPod, peer: '192.0.2.1', vrf: 'default' },
    quiet: { [`metallb_bfd_session_up${path}`]: '1x9' },
  },
  {
    alert: 'FerruleLayer2AddressConflict',
    fires: { 'ferrule_layer2_conflicts_total{pod="speaker-1",ip="192.0.2.9"}': '0 0 1x9' },
    ...{ after: 3, labels: { ...ofPod, ip: '192.0.2.9' }, says: /answers for 192\.0\.2\.9/ },
    quiet: { 'ferrule_layer2_conflicts_total{pod="speaker-1",ip="192.0.2.9"}': '1x9' },
  },
  {
    alert: 'FerruleGossipIncomplete',
    fires: {
      'ferrule_gossip_members{pod="speaker-1",state="alive"}': '1x9',
      'ferrule_gossip_members{pod="speaker-1",state="dead"}': '1x9',
      ...{ [up('speaker-1')]: '1x9', [up('speaker-2')]: '1x9' },
    },
    ...{ after: 6, labels: ofPod, says: /^speaker-1 sees 1 speakers that live/ },
    quiet: {
      'ferrule_gossip_members{pod="speaker-1",state="alive"}': '1x9',
      'ferrule_gossip_members{pod="speaker-1",state="suspect"}': '1x9',
      ...{ [up('speaker-1')]: '1x9', [up('speaker-2')]: '1x9' },
    },
  },
]
