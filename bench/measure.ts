// What a benchmark answers with, and how many measurements become one row. Separate from the benches,
// so that every number in the table was made in the same way.

export interface Row {
  readonly what: string
  readonly unit: 'µs' | 'ms' | 's' | '/s' | 'MB' | '%' | 'files'
  readonly samples: readonly number[]
  /** From the design; the median is held against it. */
  readonly budget?: number
  /** The same thing done otherwise, or fixed work of the same size, in the same run. */
  readonly baseline?: { readonly what: string; readonly samples: readonly number[] }
}

export interface BenchOptions {
  /** Fewer measurements and smaller worlds. */
  readonly quick: boolean
  /** Progress for the person who waits. */
  readonly say: (line: string) => void
}

export interface Bench {
  readonly about: string
  /** Why it cannot run on this machine, or undefined. */
  readonly whyNot?: () => Promise<string | undefined>
  readonly run: (options: BenchOptions) => Promise<Row[]>
}

/** The value below which this share of the samples lies; between two samples, the upper one. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length - 1e-9) - 1)]!
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5)

/** How often the baseline's median fits into ours, or ours into it. */
export function ratio({ samples, baseline }: Row): number | undefined {
  return baseline && median(samples) / median(baseline.samples)
}

/** Runs something until it has been measured often enough; the first rounds only warm up. */
export function measure(rounds: number, warmUp: number, work: (round: number) => void): number[] {
  const samples: number[] = []
  for (let round = -warmUp; round < rounds; round++) {
    const started = performance.now()
    work(round)
    if (round >= 0) samples.push(performance.now() - started)
  }
  return samples
}

/** Milliseconds since 1970 with fractions: comparable with what other processes of this machine say. */
export const wallNow = (): number => performance.timeOrigin + performance.now()
