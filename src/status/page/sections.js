// The parts of the page, in the order of what somebody wants to know first.
import { age, h, icon, joined, time } from './element.js'
import {
  ADDRESS_COLUMNS,
  ANNOUNCED_COLUMNS,
  POOL_COLUMNS,
  PROBLEM_COLUMNS,
  SESSION_COLUMNS,
  STATE_WORDS,
} from './rows.js'
import { frame, tableSection } from './section.js'
import { place } from './table.js'
import { amount } from './words.js'

/**
 * @import { Section } from './section.js'
 * @import { AnnouncedState, Change, Listed, OtherPeer, StatusReport } from '../status-report.ts'
 */

/** @returns {Section} */
function troubleSection() {
  const list = h('ul', { class: 'troubles' })
  const { element } = frame('troubles', 'What is in the way', list)
  return {
    id: 'troubles',
    element,
    count: () => undefined,
    isShown: ({ troubles }) => troubles.length > 0,
    update: ({ troubles, now }) => {
      list.replaceChildren(
        ...troubles.map(({ subject, text, since }) =>
          h(
            'li',
            {},
            icon('bad'),
            ' ',
            h('b', {}, subject),
            ` ${text} since `,
            time(since),
            ' ',
            age(since, now),
          ),
        ),
      )
    },
  }
}

function sessionSection() {
  const others = h('div', { class: 'others' })
  return tableSection({
    ...{ id: 'sessions', title: 'Sessions', noun: 'session', columns: SESSION_COLUMNS },
    keyOf: ({ vrf, peer }) => `${vrf ?? ''} ${peer}`,
    list: ({ speaker }) => speaker?.sessions,
    count: ({ speaker }) => {
      if (!speaker) return undefined
      const { sessionsUp: up, sessions } = speaker
      const mood = up === sessions.total ? 'well' : 'bad'
      return { word: 'sessions up', number: `${amount(up)} of ${amount(sessions.total)}`, mood }
    },
    none: 'No BGP session on this node.',
    below: [others],
    also: ({ speaker }) => {
      others.hidden = (speaker?.otherPeers.rows.length ?? 0) === 0
      if (speaker) others.replaceChildren(...withoutSession(speaker.otherPeers))
    },
  })
}

/** @param {Listed<OtherPeer>} peers */
function withoutSession({ matching, rows }) {
  const byReason = Map.groupBy(rows, ({ sentence }) => sentence)
  const more = matching - rows.length
  return [...byReason].map(([sentence, peers]) => {
    const names = peers.map(({ name }) => h('b', {}, name))
    const rest = more > 0 ? [`${amount(more)} more`] : []
    return h('p', {}, 'No session with ', ...joined([...names, ...rest]), `: ${sentence}.`)
  })
}

function announcedSection() {
  const states = h('p', { class: 'states' })
  return tableSection({
    ...{ id: 'announced', title: 'Announcements of this node', noun: 'Service' },
    columns: ANNOUNCED_COLUMNS,
    keyOf: ({ service }) => service,
    list: ({ speaker }) => speaker?.services,
    count: ({ speaker }) => {
      if (!speaker) return undefined
      const { fault, degraded } = speaker.states
      const mood = fault > 0 ? 'bad' : degraded > 0 ? 'warn' : 'well'
      const word = speaker.addresses === 1 ? 'address announced' : 'addresses announced'
      return { word, number: amount(speaker.addresses), mood }
    },
    none: 'No Service of type LoadBalancer.',
    above: [states],
    also: ({ speaker }) => {
      const present = Object.entries(speaker?.states ?? {}).filter(([, number]) => number > 0)
      states.hidden = present.length === 0
      const buttons = present.map(([word, number]) =>
        stateButton(/** @type {AnnouncedState} */ (word), number),
      )
      if (states.textContent !== buttons.map((one) => one.textContent).join('')) {
        states.replaceChildren(...buttons)
      }
    },
  })
}

/** A press shows those alone. @param {AnnouncedState} word @param {number} number */
function stateButton(word, number) {
  const [shape, text] = STATE_WORDS[word]
  const label = `Show the Services of this state: ${text}`
  return h(
    'button',
    { type: 'button', class: `find state ${shape}`, 'data-find': `is:${word}`, title: label },
    icon(shape),
    h('b', {}, amount(number)),
    ` ${text}`,
  )
}

const poolSection = () =>
  tableSection({
    ...{ id: 'pools', title: 'Pools', noun: 'pool', columns: POOL_COLUMNS },
    keyOf: ({ name }) => name,
    list: ({ controller }) => (controller?.isLeading ? controller.pools : undefined),
    count: () => undefined,
    none: 'No address pool.',
  })

const addressSection = () =>
  tableSection({
    ...{ id: 'addresses', title: 'Addresses of Services', noun: 'Service' },
    columns: ADDRESS_COLUMNS,
    keyOf: ({ service }) => service,
    list: ({ controller }) => (controller?.isLeading ? controller.services : undefined),
    count: ({ controller }) => {
      if (!controller?.isLeading) return undefined
      const { waiting, services } = controller
      if (waiting > 0) return { word: 'without an address', number: amount(waiting), mood: 'bad' }
      const word = services.total === 1 ? 'Service with addresses' : 'Services with addresses'
      return { word, number: amount(services.total), mood: 'well' }
    },
    none: 'No Service asks for an address.',
  })

const problemSection = () =>
  tableSection({
    ...{ id: 'problems', title: 'Problems of objects', noun: 'problem', columns: PROBLEM_COLUMNS },
    keyOf: ({ kind, namespace, name, path, message }) =>
      [kind, namespace, name, path, message].join(' '),
    list: ({ problems }) => problems,
    count: ({ problems: { total } }) => {
      const mood = total > 0 ? 'warn' : 'well'
      return { word: total === 1 ? 'problem' : 'problems', number: amount(total), mood }
    },
    none: '',
  })

const TONES = /** @type {const} */ ({ good: 'well', bad: 'bad', plain: 'plain' })

/** @returns {Section} */
function changeSection() {
  const list = h('ol', { class: 'changes' })
  const empty = h('p', { class: 'empty' }, 'No change fits the search.')
  const { element } = frame('changes', 'Last changes', list, empty)
  /** @type {Map<string, HTMLElement>} */
  let known = new Map()
  return {
    id: 'changes',
    element,
    count: () => undefined,
    isShown: () => true,
    update: ({ changes }) => {
      const seen = new Map()
      const keyed = changes.map((change) => {
        const text = JSON.stringify(change)
        const nth = (seen.get(text) ?? 0) + 1
        seen.set(text, nth)
        return /** @type {const} */ ([`${text}${nth}`, change])
      })
      known = new Map(keyed.map(([key, change]) => [key, known.get(key) ?? changeItem(change)]))
      place(list, [...known.values()])
      empty.hidden = changes.length > 0
    },
  }
}

/** @param {Change} change */
const changeItem = ({ at, tone, subject, text }) =>
  h('li', {}, time(at), icon(TONES[tone]), h('p', {}, h('b', {}, subject), ` ${text}`))

/** Beside the tables where there is room. */
export const makeSections = () => [
  troubleSection(),
  problemSection(),
  sessionSection(),
  announcedSection(),
  poolSection(),
  addressSection(),
  changeSection(),
]

/** @param {StatusReport} report @param {string} id */
export function belongsTo({ speaker, controller }, id) {
  if (id === 'sessions' || id === 'announced') return speaker !== undefined
  if (id === 'pools' || id === 'addresses') return controller?.isLeading === true
  return true
}
