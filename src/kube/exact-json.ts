// JSON in which whole numbers beyond 2^53 are exact, both ways: an IPv6 pool has more addresses than
// a JavaScript number can count.

type Reviver = (key: string, value: unknown, context: { source: string }) => unknown

// ES2026; TypeScript's library does not know them yet.
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): unknown
}

export const parseExact = (text: string): unknown =>
  parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  )

export const printExact = (value: unknown): string =>
  JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? rawJSON(String(one)) : one))
