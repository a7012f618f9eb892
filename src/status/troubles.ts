// What keeps this process from its work at the moment, as opposed to what is wrong with objects.
import type { ProcessStatus } from './role-status.ts'

export interface Standing {
  readonly subject: string
  readonly text: string
  /** What is said when it is over. */
  readonly over: string
}

/** By subject, the worst first. */
export function troublesOf({ speaker, away, failure }: ProcessStatus): Map<string, Standing> {
  const all: Standing[] = [...(speaker?.silent ?? [])].map(([daemon, why]) => ({
    ...{ subject: `FRR's ${daemon}`, text: `does not answer: ${why}`, over: 'answers again' },
  }))
  if (away !== undefined) {
    const text = `is away, what was known stays in force: ${away}`
    all.push({ subject: 'The API server', text, over: 'answers again' })
  }
  if (failure !== undefined) {
    const text = `could not do everything and is tried again: ${failure}`
    all.push({ subject: 'The last pass', text, over: 'everything is done again' })
  }
  return new Map(all.map((one) => [one.subject, one]))
}
