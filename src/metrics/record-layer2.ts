// What layer 2 counts → series: for each address, and of all frames that came in.
import { LAYER2 } from './catalogue.ts'
import type { Metric } from './metric.ts'
import { type Sample, type Series, samplesOf } from './series.ts'

/** Of one address, since this node began to answer at all. */
export interface AddressCounters {
  readonly address: string
  readonly requests: number
  readonly responses: number
  readonly gratuitous: number
  readonly conflicts: number
}

export interface Layer2View {
  counters(): readonly AddressCounters[]
  /** How many came in, by what became of them. */
  frames(): Readonly<Record<string, number>>
  restarts(): number
}

const NOTHING: Layer2View = { counters: () => [], frames: () => ({}), restarts: () => 0 }

export class Layer2Metrics {
  #view = NOTHING

  constructor(series: Series) {
    const each = (metric: Metric, value: (of: AddressCounters) => number) =>
      series.filled(metric, () =>
        this.#view.counters().map((of): Sample => [{ ip: of.address }, value(of)]),
      )
    each(LAYER2.requests, ({ requests }) => requests)
    each(LAYER2.responses, ({ responses }) => responses)
    each(LAYER2.gratuitous, ({ gratuitous }) => gratuitous)
    each(LAYER2.conflicts, ({ conflicts }) => conflicts)
    series.filled(LAYER2.frames, () => samplesOf('outcome', this.#view.frames()))
    series.single(LAYER2.restarts, () => this.#view.restarts())
  }

  observe(view: Layer2View): void {
    this.#view = view
  }
}
