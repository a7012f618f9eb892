// What manifests/monitoring holds, as objects: alerts and the dashboard, and the metrics they ask for.
import { optional } from './manifests.ts'
import { find, read } from './source.ts'

export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleGroups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[]
}

export function ruleGroups(): RuleGroups {
  const rule = optional().find(({ kind }) => kind === 'PrometheusRule')
  if (!rule) throw new Error('manifests/monitoring has no PrometheusRule')
  return rule.object.spec
}

export const alerts = (): Alert[] => ruleGroups().groups.flatMap(({ rules }) => rules)

export interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly gridPos: {
    readonly h: number
    readonly w: number
    readonly x: number
    readonly y: number
  }
  readonly targets?: readonly { readonly expr: string }[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly query: unknown }[] }
}

export const DASHBOARD = 'manifests/monitoring/dashboard.json'

export const dashboard = (): Dashboard => JSON.parse(read(DASHBOARD))

export const runbooks = (): string[] => find('docs/runbooks/*.md')

/** Names of metrics in an expression: words that no parenthesis follows and no label list encloses. */
export function metricsIn(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '').replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
  const grouped = bare.replaceAll(
    /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g,
    '',
  )
  const words = grouped.match(/\b[a-z_:][a-z0-9_:]*\b(?!\s*\()/g) ?? []
  return words.filter((word) => !KEYWORDS.has(word))
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'm', 's', 'h'])
