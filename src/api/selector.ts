// Label selectors: parse, match, and one canonical text by which two of them are compared.
// The semantics are those of Kubernetes' LabelSelectorAsSelector; an empty selector matches all.

export type Labels = Readonly<Record<string, string>>

export interface Requirement {
  readonly key: string
  /** `Equals` is a matchLabels entry; the others are written by name. */
  readonly operator: 'Equals' | 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  /** Sorted. */
  readonly values: readonly string[]
}

export interface Selector {
  readonly requirements: readonly Requirement[]
  /** Canonical, e.g. `bar in (quux),foo=bar`; empty for the selector that matches everything. */
  readonly text: string
}

/** A LabelSelector as written in YAML, after its shape was checked. */
export interface WrittenSelector {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?:
    | readonly { key: string; operator: string; values?: readonly string[] | undefined }[]
    | undefined
}

export const EVERYTHING: Selector = { requirements: [], text: '' }

/** A selector, or a sentence that says what is wrong with it. */
export function parseSelector(written: WrittenSelector): Selector | string {
  const requirements: Requirement[] = []
  const seen = new Set<string>()
  for (const { key, operator, values = [] } of written.matchExpressions ?? []) {
    const wrong = wrongExpression(key, operator, values)
    if (wrong) return wrong
    const requirement = { key, operator, values: [...values].sort() } as Requirement
    const text = textOf(requirement)
    if (seen.has(text)) return `duplicate match expression "${text}"`
    seen.add(text)
    requirements.push(requirement)
  }
  for (const [key, value] of Object.entries(written.matchLabels ?? {})) {
    if (!isLabelKey(key)) return `"${key}" is not a label key`
    if (!isLabelValue(value)) return `"${value}" is not a label value`
    requirements.push({ key, operator: 'Equals', values: [value] })
  }
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { requirements, text: requirements.map(textOf).join(',') }
}

export function matches(selector: Selector, labels: Labels): boolean {
  return selector.requirements.every((requirement) => meets(requirement, labels))
}

/** No selector at all means everything; several are alternatives. */
export function matchesAny(selectors: readonly Selector[], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((selector) => matches(selector, labels))
}

/** The selector of exactly these labels; the text of a Service's pod selector is its backend key. */
export function selectorOfLabels(labels: Labels): Selector {
  const selector = parseSelector({ matchLabels: labels })
  return typeof selector === 'string' ? EVERYTHING : selector
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'Equals':
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}

function textOf({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'Equals':
      return `${key}=${values[0]}`
    case 'In':
      return `${key} in (${values.join(',')})`
    case 'NotIn':
      return `${key} notin (${values.join(',')})`
    case 'Exists':
      return key
    case 'DoesNotExist':
      return `!${key}`
  }
}

function wrongExpression(key: string, operator: string, values: readonly string[]) {
  if (!isLabelKey(key)) return `"${key}" is not a label key`
  if (new Set(values).size < values.length) return `duplicate value in the expression on "${key}"`
  if (operator === 'Equals') return unknownOperator(operator)
  const bad = values.find((value) => !isLabelValue(value))
  if (bad !== undefined) return `"${bad}" is not a label value`
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? `operator ${operator} on "${key}" needs a value` : undefined
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0 ? `operator ${operator} on "${key}" takes no values` : undefined
    default:
      return unknownOperator(operator)
  }
}

const unknownOperator = (operator: string) =>
  `"${operator}" is not a label selector operator (In, NotIn, Exists, DoesNotExist)`

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/
const DNS_PREFIX = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  if (slash < 0) return NAME.test(key)
  const dns = key.slice(0, slash)
  return dns.length <= 253 && DNS_PREFIX.test(dns) && NAME.test(key.slice(slash + 1))
}

const isLabelValue = (value: string): boolean => value === '' || NAME.test(value)
