// The numbers of the protocol and what follows from them in a ring of n. They are memberlist's, to the
// millisecond: a member that suspects sooner or later than the others drags their timers with it.
// Reading them from a file is settings.ts.

/** Named as in memberlist's Config. */
export interface Timing {
  readonly probeIntervalMs: number
  readonly probeTimeoutMs: number
  readonly disableTcpPings: boolean
  readonly indirectChecks: number
  readonly awarenessMaxMultiplier: number
  readonly suspicionMult: number
  readonly suspicionMaxTimeoutMult: number
  readonly retransmitMult: number
  readonly gossipIntervalMs: number
  readonly gossipNodes: number
  readonly gossipToTheDeadTimeMs: number
  readonly pushPullIntervalMs: number
  /** After so long a dead node's name may come back with another address; 0: when it is forgotten. */
  readonly deadNodeReclaimTimeMs: number
  readonly udpBufferSize: number
}

export const LAN_TIMING: Timing = {
  ...{ probeIntervalMs: 1_000, probeTimeoutMs: 500, disableTcpPings: false },
  ...{ indirectChecks: 3, awarenessMaxMultiplier: 8 },
  ...{ suspicionMult: 4, suspicionMaxTimeoutMult: 6, retransmitMult: 4 },
  ...{ gossipIntervalMs: 200, gossipNodes: 3, gossipToTheDeadTimeMs: 30_000 },
  ...{ pushPullIntervalMs: 30_000, deadNodeReclaimTimeMs: 0, udpBufferSize: 1_400 },
}

export const WAN_TIMING: Timing = {
  ...LAN_TIMING,
  ...{ probeIntervalMs: 5_000, probeTimeoutMs: 3_000, suspicionMult: 6 },
  ...{ gossipIntervalMs: 500, gossipNodes: 4, gossipToTheDeadTimeMs: 60_000 },
  pushPullIntervalMs: 60_000,
}

/** How often one piece of news leaves one member. */
export const transmitsMax = ({ retransmitMult }: Timing, n: number): number =>
  retransmitMult * Math.ceil(Math.log10(n + 1))

/** Large rings exchange tables less often, or it would be all they do. */
export function pushPullPeriodMs({ pushPullIntervalMs }: Timing, n: number): number {
  return n <= 32 ? pushPullIntervalMs : pushPullIntervalMs * (Math.ceil(Math.log2(n) - 5) + 1)
}

export interface SuspicionBounds {
  /** Accusers beyond the first that bring the time down to `minMs`. */
  readonly wanted: number
  readonly minMs: number
  readonly maxMs: number
}

export function suspicionBounds(timing: Timing, n: number): SuspicionBounds {
  // Too few others to confirm: do not wait for them.
  const wanted = timing.suspicionMult - 2
  const scale = Math.trunc(1_000 * Math.max(1, Math.log10(n)))
  const minMs = (timing.suspicionMult * scale * timing.probeIntervalMs) / 1_000
  return {
    wanted: n - 2 < wanted ? 0 : wanted,
    minMs,
    maxMs: minMs * timing.suspicionMaxTimeoutMult,
  }
}

/** From the start of a suspicion until death, with so many confirmations. */
export function suspicionMs({ wanted, minMs, maxMs }: SuspicionBounds, confirmed: number): number {
  if (wanted < 1) return minMs
  const part = Math.log(confirmed + 1) / Math.log(wanted + 1)
  return Math.max(minMs, Math.floor(maxMs - part * (maxMs - minMs)))
}
