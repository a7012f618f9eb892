// What a metric is, and the short way to write one down.

export interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

export const gauge = (name: string, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name, type: 'gauge', help, labels },
})
export const counter = (name: string, help: string, labels: readonly string[] = []): Metric => ({
  ...{ name, type: 'counter', help, labels },
})
export const histogram = (name: string, help: string): Metric => ({
  ...{ name, type: 'histogram', help, labels: [] },
})
