// Why this node does not announce a Service: every reason and its sentence. The words are
// MetalLB's, because logs and tooling know them; one list for log, event, status, explain and page.

export const ANNOUNCE_REASONS = {
  notLoadBalancer: 'the Service is not of type LoadBalancer',
  otherClass: 'the Service belongs to another load balancer class',
  noIPAllocated: 'no address is allocated yet',
  invalidIP: 'its status holds something that is not an IP address',
  ipNotAllowed: 'no pool holds all of its addresses',
  notOwner: 'no advertisement of its pool includes this node',
  noMatchingAdvertisement: 'no advertisement of its pool on this node selects this Service',
  conflictingAdvertisements: 'two advertisements give the same route different local preferences',
  nodeNetworkUnavailable: 'the network of this node is unavailable (its condition says so)',
  nodeLabeledExcludeBalancers:
    'this node is labelled node.kubernetes.io/exclude-from-external-load-balancers',
  noLocalEndpoints: 'externalTrafficPolicy is Local and no usable endpoint is on this node',
  noEndpoints: 'no usable endpoint anywhere',
  sharedIPWithServiceSelector:
    'it may share its address, and a layer 2 advertisement of its pool selects Services: two nodes could answer',
  speakerNotAlive: 'the speaker of this node is dead, or has not met the others yet',
  noSuchNode: 'there is no Node object of this name',
  otherOwner: 'another node is elected to answer for it',
  otherHolder: 'another node answers for it already, and keeps it',
  noInterface: 'this node has none of the interfaces that the advertisement names',
  noPeers: 'no BGP peer of this node hears its advertisements',
} as const

export type AnnounceReason = keyof typeof ANNOUNCE_REASONS

/** Why a peer does not hear a route that this node announces. */
export const PEER_REASONS = {
  nodeNotSelected: 'its nodeSelectors leave this node out',
  refusedByFrr: 'FRR refused its configuration',
  notInAdvertisement: 'no advertisement of the route names it',
  familyNotCarried: 'its session does not carry this IP family',
} as const

export type PeerReason = keyof typeof PEER_REASONS
