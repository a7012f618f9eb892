// The two tables of docs/helm.md that follow from the settings: every value, and every value of MetalLB's
// chart that is refused. What stands around them is written by hand.
import assert from 'node:assert/strict'
import type { ForeignValue } from './chart-foreign.ts'
import type { Setting } from './setting.ts'

export interface Tables {
  readonly settings: readonly Setting[]
  readonly foreign: readonly ForeignValue[]
}

export function fillTables(page: string, tables: Tables): string {
  const values = table(['value', 'default', 'what for'], valueRows(tables.settings))
  const refused = table(['values', 'why'], foreignRows(tables))
  return fill(fill(page, 'values', values), 'refused', refused)
}

/** Between two lines of the page. */
function fill(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->\n`, `<!-- end: ${name} -->\n`]
  const [before, rest] = page.split(begin)
  const [, after] = (rest ?? '').split(end)
  assert(before !== undefined && after !== undefined, `the page has no place for its ${name}`)
  return `${before}${begin}\n${text}\n${end}${after}`
}

type Row = readonly string[]

const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')

/** What both roles have stands there once. */
function valueRows(settings: readonly Setting[]): Row[] {
  const rows = settings.map(({ path, initial, about }) => {
    const [role = '', ...rest] = path
    const name = `\`${path.join('.')}\``
    return { role, rest: rest.join('.'), name, cells: [code(initial), cell(about)] }
  })
  const ofBoth = (row: (typeof rows)[number]) =>
    rows.find(
      ({ role, rest, cells }) =>
        role === 'speaker' && rest === row.rest && isSame(cells, row.cells),
    )
  const shared = new Set(rows.filter(({ role }) => role === 'controller').map(ofBoth))
  return rows
    .filter((row) => !shared.has(row))
    .map((row) => {
      const isShared = row.role === 'controller' && ofBoth(row) !== undefined
      return isShared
        ? [`\`ROLE.${row.rest}\``, ...row.cells.map(ofRole)]
        : [row.name, ...row.cells]
    })
}

const isSame = (one: Row, other: Row) =>
  one.every((text, at) => asRole(text) === asRole(other[at] ?? ''))
const ofRole = (text: string) => text.replaceAll('the controller', 'the role')
const asRole = (text: string) => text.replaceAll(/controller|speaker/g, 'role')

const foreignRows = ({ settings, foreign }: Tables): Row[] =>
  [...Map.groupBy(foreign, ({ why }) => why)].map(([why, all]) => {
    const names = all.map(({ path }) => {
      const group = path.slice(0, path.lastIndexOf('.') + 1)
      const isWhole =
        group !== '' &&
        foreign.every((one) => one.why === why || !one.path.startsWith(group)) &&
        !settings.some((one) => one.path.join('.').startsWith(group))
      return `\`${isWhole ? `${group}*` : path}\``
    })
    return [[...new Set(names)].join(', '), cell(why)]
  })

const code = (value: unknown): string => `\`${JSON.stringify(value)}\``
const cell = (text: string): string => text.replaceAll('|', '\\|')
