// A table that is brought up to date row by row: who reads one, or has the focus in it, is not disturbed
// by changes in others.
import { h } from './element.js'

/** @import { Child } from './element.js' */

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} head
 * @property {(row: Row, now: number) => readonly Child[]} cell
 * @property {'number'} [kind]
 * @property {(rows: readonly Row[]) => boolean} [isUsed] without it always
 */

/**
 * The roles are said again, because a narrow window shows rows as blocks and then some browsers forget them.
 * @template Row
 * @param {string} labelledBy
 * @param {readonly Column<Row>[]} columns the first names the row
 * @param {(row: Row) => string} keyOf
 */
export function makeTable(labelledBy, columns, keyOf) {
  const heads = columns.map(({ head, kind }) =>
    h('th', { scope: 'col', role: 'columnheader', class: kind }, head),
  )
  const body = h('tbody', { role: 'rowgroup' })
  const element = h(
    'table',
    { role: 'table', 'aria-labelledby': labelledBy },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...heads)),
    body,
  )
  /** @type {Map<string, { text: string, row: HTMLElement }>} */
  let known = new Map()

  /** @param {readonly Row[]} rows @param {number} now */
  function update(rows, now) {
    const used = columns.map(({ isUsed }) => isUsed?.(rows) ?? true)
    heads.forEach((head, at) => {
      head.hidden = !used[at]
    })
    const next = new Map()
    for (const row of rows) {
      const key = keyOf(row)
      const text = JSON.stringify([row, used])
      const before = known.get(key)
      next.set(key, before?.text === text ? before : { text, row: make(row, used, now, before) })
    }
    known = next
    place(
      body,
      [...next.values()].map(({ row }) => row),
    )
    element.hidden = rows.length === 0
  }

  /**
   * @param {Row} row
   * @param {readonly boolean[]} used
   * @param {number} now
   * @param {{ row: HTMLElement } | undefined} before
   */
  function make(row, used, now, before) {
    const cells = columns.flatMap(({ head, kind, cell }, at) => {
      if (!used[at]) return []
      const content = cell(row, now)
      const label = content.length === 0 ? undefined : head
      const attributes = { class: kind, 'data-label': label }
      return at === 0
        ? h('th', { ...attributes, scope: 'row', role: 'rowheader' }, ...content)
        : h('td', { ...attributes, role: 'cell' }, ...content)
    })
    const made = h('tr', { role: 'row', class: before ? 'changed' : undefined }, ...cells)
    if (before?.row.contains(document.activeElement)) {
      queueMicrotask(() => made.querySelector('button')?.focus())
    }
    return made
  }

  return { element, update }
}

/** Puts children where they belong and moves none that is there. @param {HTMLElement} parent @param {readonly HTMLElement[]} wanted */
export function place(parent, wanted) {
  const kept = new Set(wanted)
  for (const child of [...parent.children]) {
    if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove()
  }
  wanted.forEach((child, at) => {
    const there = parent.children[at]
    if (there !== child) parent.insertBefore(child, there ?? null)
  })
}
