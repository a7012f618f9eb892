// The page: what comes over the line is shown, what is typed is asked for.
import { connect } from './connection.js'
import { h, icon, tick, time } from './element.js'
import { belongsTo, makeSections } from './sections.js'
import { place } from './table.js'
import { clock } from './words.js'

/** @import { Headline, StatusReport } from '../status-report.ts' */

/** @param {string} id */
function at(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found
}

const search = /** @type {HTMLInputElement} */ (at('query'))
const sections = makeSections()
/** Rows of each table; more when somebody asks. */
const STEPS = ['100', '300', '1000']
let rows = 0
let who = 'Ferrule'
let lastHeadline = ''

search.value = new URLSearchParams(location.search).get('q') ?? ''

const query = () => new URLSearchParams({ q: search.value, rows: STEPS[rows] ?? '100' }).toString()

const line = connect(query, {
  onSummary: ({ headline, now }) => {
    showHeadline(headline)
    tick(document, now)
  },
  onReport: showReport,
  onLive: () => showLine('live', 'live'),
  onStale: (since) => showLine('stale', `stale since ${clock(since)}: no answer, trying again`),
})

/** @param {'live' | 'stale'} state @param {string} text */
function showLine(state, text) {
  document.body.dataset.line = state
  const element = at('line')
  if (element.textContent !== text) element.textContent = text
  if (state === 'stale') document.title = `stale – ${who}`
  else showTitle()
}

/** @param {Headline} headline */
function showHeadline(headline) {
  const text = JSON.stringify(headline)
  if (text === lastHeadline) return
  lastHeadline = text
  const { mood, text: words, since, because } = headline
  at('headline').dataset.mood = mood
  at('mood').replaceChildren(icon(mood))
  at('words').replaceChildren(
    words,
    ...(since === undefined ? [] : [' since ', time(since)]),
    ...(because === undefined ? [] : [` (${because})`]),
  )
  showTitle()
}

function showTitle() {
  if (lastHeadline === '') return
  const { mood, text } = /** @type {Headline} */ (JSON.parse(lastHeadline))
  const signs = { well: '✓', warn: '▲', bad: '✕', idle: '○' }
  document.title = `${signs[mood]} ${text} – ${who}`
}

/** @param {StatusReport} report */
function showReport(report) {
  who = report.who
  at('who').textContent = who
  showHeadline(report.headline)
  const shown = sections.filter((one) => belongsTo(report, one.id) && one.isShown(report))
  for (const one of shown) one.update(report)
  place(
    at('report'),
    shown.map(({ element }) => element),
  )
  const counts = shown.flatMap((one) => {
    const count = one.count(report)
    if (!count) return []
    const { word, number, mood } = count
    const link = h(
      'a',
      { href: `#${one.id}`, class: mood },
      icon(mood),
      h('b', {}, number),
      ` ${word}`,
    )
    return [link]
  })
  showCounts(counts)
}

/** @param {readonly HTMLElement[]} counts */
function showCounts(counts) {
  const nav = at('counts')
  const now = counts.map((one) => one.outerHTML).join('')
  if (nav.innerHTML !== now) nav.replaceChildren(...counts)
}

let typed = 0

search.addEventListener('input', () => {
  clearTimeout(typed)
  typed = window.setTimeout(ask, 120)
})

function ask() {
  const url = new URL(location.href)
  if (search.value === '') url.searchParams.delete('q')
  else url.searchParams.set('q', search.value)
  history.replaceState(null, '', url)
  rows = 0
  void line.ask()
}

/** @param {string} text */
function find(text) {
  search.value = search.value === text ? '' : text
  ask()
}

at('search').addEventListener('submit', (event) => {
  event.preventDefault()
  ask()
})

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null
  const text = button?.dataset.find
  if (text !== undefined) find(text)
  if (button?.dataset.more !== undefined) {
    rows = Math.min(rows + 1, STEPS.length - 1)
    void line.ask()
  }
})

document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event
  if (key === '/' && target !== search && !ctrlKey && !metaKey && !altKey) {
    event.preventDefault()
    search.focus()
    search.select()
  }
  if (key === 'Escape' && search.value !== '') find(search.value)
})
