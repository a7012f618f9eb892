// BGP community values (RFC 1997, RFC 8092) as users write them. One order for both kinds, so that
// a route's communities have one text.

export interface CommunityValue {
  readonly kind: 'standard' | 'large'
  /** `A:B` or `A:B:C`, decimal. */
  readonly text: string
  /** A standard community sorts as the large one (A·65536+B, 0, 0). */
  readonly order: readonly [number, number, number]
}

/** Names of the IANA registry "BGP Well-known Communities", accepted wherever a value is. */
export const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['graceful-shutdown', '65535:0'],
  ['accept-own', '65535:1'],
  ['llgr-stale', '65535:6'],
  ['no-llgr', '65535:7'],
  ['blackhole', '65535:666'],
  ['no-export', '65535:65281'],
  ['no-advertise', '65535:65282'],
  ['no-export-subconfed', '65535:65283'],
  ['local-as', '65535:65283'],
  ['no-peer', '65535:65284'],
])

/**
 * What was wrong: `format` may still be the name of an alias that does not exist yet, `value` is
 * wrong for good.
 */
export interface CommunityError {
  readonly wrong: 'format' | 'value'
  readonly message: string
}

export function parseCommunity(written: string): CommunityValue | CommunityError {
  const text = WELL_KNOWN.get(written.toLowerCase()) ?? written
  const fields = text.split(':')
  if (fields.length === 2) return parseStandard(written, fields)
  if (fields.length === 4) return parseLarge(written, fields)
  return { wrong: 'format', message: `invalid community format: "${written}"` }
}

export const isCommunity = (parsed: CommunityValue | CommunityError): parsed is CommunityValue =>
  'kind' in parsed

export function compareCommunities(a: CommunityValue, b: CommunityValue): number {
  return a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2]
}

function parseStandard(written: string, fields: string[]): CommunityValue | CommunityError {
  const [a, b] = fields.map((field) => decimal(field, 0xffff))
  if (a === undefined || b === undefined) return badSection(written, '0 to 65535')
  return { kind: 'standard', text: `${a}:${b}`, order: [a * 65536 + b, 0, 0] }
}

function parseLarge(written: string, [marker, ...fields]: string[]) {
  if (marker !== 'large') {
    const message = `invalid community value: "${written}": expected community to be of format large:A:B:C`
    return { wrong: 'value', message } as const
  }
  const [a, b, c] = fields.map((field) => decimal(field, 0xffffffff))
  if (a === undefined || b === undefined || c === undefined) {
    return badSection(written, '0 to 4294967295')
  }
  return { kind: 'large', text: `${a}:${b}:${c}`, order: [a, b, c] } as const
}

function badSection(written: string, range: string): CommunityError {
  const message = `invalid community value: invalid section in "${written}", each is a number from ${range}`
  return { wrong: 'value', message }
}

function decimal(text: string, max: number): number | undefined {
  if (!/^[0-9]{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}
