// A thousand Services that come at once are one change, not the end of all that was told before.
import type { Change } from './status-report.ts'

export type Said = Omit<Change, 'at'>

/** As many of one kind at once are told one by one. */
const ONE_BY_ONE = 4
const EXAMPLES = 3

export function grouped(all: readonly Said[]): Said[] {
  const kinds = Map.groupBy(all, ({ topic, tone, text }) => `${topic} ${tone} ${outlineOf(text)}`)
  return [...kinds.values()].flatMap((group) => {
    if (group.length <= ONE_BY_ONE) return group
    const { topic, tone, text } = group[0]!
    const some = group.slice(0, EXAMPLES).map(({ subject }) => subject)
    const subject = count(group.length, NOUNS[topic] ?? 'change')
    return [{ topic, tone, subject, text: `${outlineOf(text)}: ${some.join(', ')}, …` }]
  })
}

const NOUNS: Partial<Record<Change['topic'], string>> = {
  service: 'Service',
  session: 'session',
  problem: 'problem',
}

/** Without what differs from object to object: addresses in brackets, names in quotes. */
const outlineOf = (text: string): string =>
  text
    .replace(/ \([^()]*\)$/, '')
    .replace(/\b(address) .* (from pool)/, '$1 $2')
    .replace(/^"[^"]*": /, '')

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
