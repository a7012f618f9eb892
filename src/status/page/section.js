// What every part of the page has: a heading, and most of them a table with what to say when it is empty,
// or longer than what is shown.
import { h } from './element.js'
import { makeTable } from './table.js'
import { amount, count } from './words.js'

/**
 * @import { Column } from './table.js'
 * @import { Listed, StatusReport } from '../status-report.ts'
 */

/** @typedef {{ word: string, number: string, mood: 'well' | 'bad' | 'warn' | 'idle' }} Count */

/**
 * @typedef {object} Section
 * @property {string} id
 * @property {HTMLElement} element
 * @property {(report: StatusReport) => boolean} isShown
 * @property {(report: StatusReport) => void} update
 * @property {(report: StatusReport) => Count | undefined} count in the strip below the headline
 */

/**
 * @param {string} id
 * @param {string} title
 * @param {...HTMLElement} content
 */
export function frame(id, title, ...content) {
  const note = h('p', { class: 'note' })
  const heading = h('h2', { id: `${id}-title` }, title)
  const element = h(
    'section',
    { id, 'aria-labelledby': `${id}-title`, tabindex: '-1' },
    h('div', { class: 'heading' }, heading, note),
    ...content,
  )
  return { element, note }
}

/**
 * @template Row
 * @param {object} of
 * @param {string} of.id
 * @param {string} of.title
 * @param {string} of.noun
 * @param {readonly Column<Row>[]} of.columns
 * @param {(row: Row) => string} of.keyOf
 * @param {(report: StatusReport) => Listed<Row> | undefined} of.list
 * @param {(report: StatusReport) => Count | undefined} of.count
 * @param {string} [of.none]
 * @param {HTMLElement[]} [of.above]
 * @param {HTMLElement[]} [of.below]
 * @param {(report: StatusReport) => boolean} [of.hasMore]
 * @param {(report: StatusReport) => void} [of.also]
 * @returns {Section}
 */
export function tableSection({ id, title, noun, columns, keyOf, list, count: counted, ...rest }) {
  const {
    none = `No ${noun}.`,
    above = [],
    below = [],
    also = () => {},
    hasMore = () => false,
  } = rest
  const table = makeTable(`${id}-title`, columns, keyOf)
  const empty = h('p', { class: 'empty' }, none)
  const more = h('button', { type: 'button', class: 'more', 'data-more': '' })
  const { element, note } = frame(id, title, ...above, table.element, empty, more, ...below)
  return {
    id,
    element,
    count: counted,
    isShown: (report) => (list(report)?.total ?? 0) > 0 || hasMore(report) || none !== '',
    update: (report) => {
      const listed = list(report) ?? { total: 0, matching: 0, rows: [] }
      const { total, matching, rows } = listed
      table.update(rows, report.now)
      note.textContent = matching === total ? '' : `${amount(matching)} of ${amount(total)} fit`
      empty.hidden = rows.length > 0
      empty.textContent = total > 0 ? `None of ${amount(total)} fits the search.` : none
      more.hidden = rows.length >= matching
      more.textContent = `Show more of ${count(matching, noun)}`
      also(report)
    },
  }
}
