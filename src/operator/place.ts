// Where a setting lands: a spot in one of the base objects, and what is done there. The same words are
// read twice: `objects.ts` does it to objects, `chart.ts` writes it down as a Helm template.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonMap = { [key: string]: Json }

/** A key of a map; or, of a list, the item of that name, or the text that begins so, or with `*` each. */
export type Step = string | { readonly item: string }

export interface Spot {
  /** `Kind/name`, or `Kind/*` for each of them. */
  readonly object: string
  readonly path: readonly Step[]
}

export type Change =
  /** The value, or what is made of it, takes the place of what stands there. */
  | { readonly do: 'set'; readonly at: Spot; readonly as?: (value: string) => Json }
  /** Keys are added to a map; of two equal ones the value's stays, or the base's. */
  | { readonly do: 'merge'; readonly at: Spot; readonly baseWins: boolean }
  /** Items are added at the end of a list. */
  | { readonly do: 'append'; readonly at: Spot }
  /** One item is made of the value and added at the end of a list. */
  | { readonly do: 'insert'; readonly at: Spot; readonly as: (value: string) => Json }
  /** What stands there stays only while the value is true, or is not that word. */
  | { readonly do: 'keep'; readonly at: Spot; readonly unless?: string }
  /** Of a container: which image, and when it is pulled. */
  | { readonly do: 'image'; readonly at: Spot }

export const spot = (object: string, ...path: Step[]): Spot => ({ object, path })
export const item = (name: string): Step => ({ item: name })
export const within = ({ object, path }: Spot, ...more: Step[]): Spot => ({
  object,
  path: [...path, ...more],
})

export const set = (at: Spot, as?: (value: string) => Json): Change => ({
  do: 'set',
  at,
  ...(as && { as }),
})
export const merge = (at: Spot, baseWins = false): Change => ({ do: 'merge', at, baseWins })
export const append = (at: Spot): Change => ({ do: 'append', at })
export const insert = (at: Spot, as: (value: string) => Json): Change => ({ do: 'insert', at, as })
export const keep = (at: Spot, unless?: string): Change => ({
  do: 'keep',
  at,
  ...(unless !== undefined && { unless }),
})
export const image = (at: Spot): Change => ({ do: 'image', at })

/** Whether an item of a list is the one that a step names. */
export function isItem(value: unknown, name: string): boolean {
  if (name === '*') return true
  if (typeof value === 'string') return value.startsWith(name)
  if (typeof value !== 'object' || value === null) return false
  const { name: named, alert, key, kind, port } = value as Record<string, unknown>
  return [named, alert, key, kind, port].includes(name)
}

/** As Helm's templates see it: what was not said, and what says nothing. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object') return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false
}

export const printSpot = ({ object, path }: Spot): string =>
  [object, ...path.map((step) => (typeof step === 'string' ? step : `[${step.item}]`))].join(' ')
