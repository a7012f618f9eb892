// What a member of the gossip knows and counts → series. Where nobody gossips there are none with labels.
import { GOSSIP } from './catalogue.ts'
import { type Sample, type Series, samplesOf } from './series.ts'

export interface GossipView {
  list(): readonly { readonly state: string }[]
  counters(): {
    readonly health: number
    readonly packetsIn: number
    readonly packetsOut: number
    readonly streamsIn: number
    readonly dropped: Readonly<Record<string, number>>
    readonly happened: Readonly<Record<string, number>>
  }
}

/** Each is a series also while nobody is in it. */
const STATES = ['alive', 'suspect', 'dead', 'left']

export class GossipMetrics {
  #view: GossipView | undefined

  constructor(series: Series) {
    const of = (samples: (gossip: GossipView) => Sample[]) => (): Sample[] =>
      this.#view ? samples(this.#view) : []
    series.filled(GOSSIP.members, of(membersByState))
    series.filled(
      GOSSIP.health,
      of((gossip) => [[{}, gossip.counters().health]]),
    )
    series.filled(GOSSIP.packets, of(packets))
    series.filled(
      GOSSIP.connections,
      of((gossip) => [[{}, gossip.counters().streamsIn]]),
    )
    series.filled(
      GOSSIP.dropped,
      of((gossip) => samplesOf('reason', gossip.counters().dropped)),
    )
    series.filled(
      GOSSIP.events,
      of((gossip) => samplesOf('event', gossip.counters().happened)),
    )
  }

  observe(view: GossipView): void {
    this.#view = view
  }
}

function membersByState(gossip: GossipView): Sample[] {
  const states = gossip.list().map(({ state }) => state)
  return STATES.map((state) => [{ state }, states.filter((one) => one === state).length])
}

function packets(gossip: GossipView): Sample[] {
  const { packetsIn, packetsOut } = gossip.counters()
  return samplesOf('direction', { received: packetsIn, sent: packetsOut })
}
