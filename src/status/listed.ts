// Long lists made short: what fits a search, the most urgent first, and no more than were asked for. Rows
// are made only of what is shown: of ten thousand Services a page shows a hundred.
import type { Listed } from './status-report.ts'

export interface Asked {
  /** In lower case; a row fits when all of them are in its text. */
  readonly terms: readonly string[]
  /** `is:waiting`: of lists whose rows have a state, only those. */
  readonly state?: string
  /** Rows of each list. */
  readonly limit: number
}

const ROWS = 100
const ROWS_MAX = 1_000
/** The whole search; who needs more has a file to search in. */
const SEARCH_MAX = 200

/** `?q=web 192.0.2 is:waiting&rows=300`; what makes no sense counts as not said. */
export function parseAsked(query: URLSearchParams): Asked {
  const text = (query.get('q') ?? '').slice(0, SEARCH_MAX).toLowerCase()
  const rows = query.get('rows') ?? ''
  const words = text.split(/\s+/).filter((word) => word !== '')
  const state = words.find((word) => word.startsWith(IS))?.slice(IS.length)
  return {
    terms: words.filter((word) => !word.startsWith(IS)),
    ...(state === undefined ? {} : { state }),
    limit: /^[0-9]{1,4}$/.test(rows) ? Math.min(Number(rows), ROWS_MAX) : ROWS,
  }
}

const IS = 'is:'

export interface Listing<Item, Row> {
  /** What a search looks at. */
  readonly textOf: (item: Item) => string
  readonly rowOf: (item: Item) => Row
  /** The order of rows with states; equal ones stay as they are. */
  readonly states?: { readonly order: readonly string[]; readonly of: (item: Item) => string }
}

export function listed<Item, Row>(
  all: readonly Item[],
  { terms, state, limit }: Asked,
  { textOf, rowOf, states = NO_STATES }: Listing<Item, Row>,
): Listed<Row> {
  const fitting = terms.length === 0 ? all : all.filter((item) => fits(textOf(item), terms))
  const byState = Map.groupBy(fitting, states.of)
  const isWanted = (one: string) => state === undefined || states === NO_STATES || state === one
  const matching = states.order.filter(isWanted).flatMap((one) => byState.get(one) ?? [])
  return {
    total: all.length,
    matching: matching.length,
    rows: matching.slice(0, limit).map(rowOf),
  }
}

const NO_STATES = { order: [''], of: () => '' }

export function fits(text: string, terms: Asked['terms']): boolean {
  const lower = text.toLowerCase()
  return terms.every((term) => lower.includes(term))
}

export const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at])
