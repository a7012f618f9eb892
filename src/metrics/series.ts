// One metric of the catalogue → a series of the registry that is filled when somebody asks: what holds
// the numbers anyway need not tell each change of them, and what is gone takes its series along.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Metric } from './metric.ts'

export type Sample = [labels: Record<string, string>, value: number]

/** From a millisecond to what only a full load takes. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class Series {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Of something that knows its numbers by itself, counters included. */
  filled(metric: Metric, samples: () => Iterable<Sample>): void {
    if (metric.type === 'counter') this.#filledCounter(metric, samples)
    else this.#filledGauge(metric, samples)
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

  #filledGauge(metric: Metric, samples: () => Iterable<Sample>): void {
    new Gauge({
      ...this.#options(metric),
      collect() {
        this.reset()
        for (const [labels, value] of samples()) this.set(labels, value)
      },
    })
  }

  #filledCounter(metric: Metric, samples: () => Iterable<Sample>): void {
    new Counter({
      ...this.#options(metric),
      collect() {
        this.reset()
        for (const [labels, value] of samples()) this.inc(labels, value)
      },
    })
  }

  #options({ name, help, labels }: Metric) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] }
  }
}

/** One for each entry, its name as the label. */
export const samplesOf = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value])
