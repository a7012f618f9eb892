// What it took to make FRR run what is wanted → series.
import type { Counter, Histogram } from 'prom-client'
import { FRR } from './catalogue.ts'
import type { Series } from './series.ts'

export interface Applied {
  readonly seconds: number
  /** Lines sent. */
  readonly commands: number
  /** Sessions that began anew because of them. */
  readonly resets: number
  /** Nothing new was wanted: FRR did not run any more what it had taken. */
  readonly isDrift: boolean
}

export class FrrMetrics {
  readonly #duration: Histogram
  readonly #commands: Counter
  readonly #undone: Counter
  readonly #resets: Counter

  constructor(series: Series) {
    this.#duration = series.histogram(FRR.applyDuration)
    this.#commands = series.counter(FRR.commands)
    this.#undone = series.counter(FRR.undone)
    this.#resets = series.counter(FRR.resets)
  }

  record({ seconds, commands, resets, isDrift }: Applied): void {
    this.#duration.observe(seconds)
    this.#commands.inc(commands)
    if (isDrift) this.#undone.inc(commands)
    this.#resets.inc(resets)
  }
}
