// One metric of the catalogue → a series of the registry that is filled when somebody asks: what holds
// the numbers anyway need not tell each change of them, and what is gone takes its series along.
import { Counter, type Gauge, Histogram, type Registry } from 'prom-client'
import type { Metric } from './metric.ts'

export type Sample = [labels: Record<string, string>, value: number]

/** From a millisecond to what only a full load takes. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class Series {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /**
   * Of something that knows its numbers by itself, counters included. A Gauge or a Counter would keep a
   * table by labels, and fill it anew each time: with a hundred sessions that is most of a scrape.
   */
  filled({ name, help, type }: Metric, samples: () => Iterable<Sample>): void {
    const values = () => Array.from(samples(), ([labels, value]) => ({ labels, value }))
    const get = async () => ({ name, help, type, values: values() })
    this.#registry.registerMetric({ name, get } as unknown as Gauge)
  }

  /** Without labels. */
  single(metric: Metric, value: () => number): void {
    this.filled(metric, () => [[{}, value()]])
  }

  /** Of events that nobody else counts. */
  counter(metric: Metric): Counter {
    return new Counter(this.#options(metric))
  }

  histogram(metric: Metric): Histogram {
    return new Histogram({ ...this.#options(metric), buckets: BUCKETS })
  }

  #options({ name, help, labels }: Metric) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] }
  }
}

/** One for each entry, its name as the label. */
export const samplesOf = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value])
