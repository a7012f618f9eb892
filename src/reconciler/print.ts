// A plan as JSON: for `plan.json`, goldens and `--json`. Values print as their text, whatever holds
// numbers beyond 2^53 prints exactly, and a Secret prints as ***, as do those in a user's extra text.
import { withoutSecrets } from '../render/shown-text.ts'

export function printPlan(plan: unknown, indent = 2): string {
  return JSON.stringify(plan, replace, indent)
}

function replace(key: string, value: unknown): unknown {
  if (key === 'extras' && typeof value === 'string') return withoutSecrets(value)
  if (typeof value === 'bigint') return exact(value)
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value].sort()
  return isTextual(value) ? value.text : value
}

// ES2026; TypeScript's library does not know it yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

const exact = (value: bigint) => rawJSON(String(value))

/** Addresses, prefixes, selectors, communities: their text says all of them. */
function isTextual(value: unknown): value is { text: string } {
  if (typeof value !== 'object' || value === null || !('text' in value)) return false
  return 'bits' in value || 'requirements' in value || 'order' in value || 'prefixes' in value
}
