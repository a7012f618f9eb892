// What a speaker announces, and why not → series.
import type { Protocol, ServiceAnnouncement } from '../reconciler/announcements.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { SPEAKER } from './catalogue.ts'
import type { Sample, Series } from './series.ts'

export class SpeakerMetrics {
  #plan: SpeakerPlan | undefined
  #isRefused = false

  constructor(series: Series) {
    series.single(SPEAKER.refused, () => Number(this.#isRefused))
    series.filled(SPEAKER.announced, () => {
      const { services = [], node = '' } = this.#plan ?? {}
      return services.flatMap((one) => announced(one, node))
    })
    series.filled(SPEAKER.decisions, () => decisionsOf(this.#plan?.services ?? []))
  }

  record(plan: SpeakerPlan, { isRefused }: { readonly isRefused: boolean }): void {
    this.#plan = plan
    this.#isRefused = isRefused
  }
}

type Decision = ServiceAnnouncement['bgp'] | NonNullable<ServiceAnnouncement['l2']>

/** Layer 2 decides nothing in a configuration without an L2Advertisement. */
const rulingsOf = ({ bgp, l2 }: ServiceAnnouncement): [Protocol, Decision][] => [
  ['bgp', bgp],
  ...(l2 ? ([['layer2', l2]] as [Protocol, Decision][]) : []),
]

function announced(one: ServiceAnnouncement, node: string): Sample[] {
  const protocols = rulingsOf(one).filter(([, { announce }]) => announce)
  return protocols.flatMap(([protocol]) =>
    one.addresses.map((ip): Sample => [{ service: one.key, protocol, node, ip }, 1]),
  )
}

function decisionsOf(services: readonly ServiceAnnouncement[]): Sample[] {
  const all = services.flatMap(rulingsOf).map(([protocol, ruling]) => ({
    protocol,
    decision: ruling.announce ? 'announced' : ruling.because,
  }))
  return [...Map.groupBy(all, ({ protocol, decision }) => `${protocol} ${decision}`).values()].map(
    (list): Sample => [{ ...list[0]! }, list.length],
  )
}
