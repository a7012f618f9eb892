// What stands in the cells: one list of columns for each table.
import { age, h, icon, joined, quiet, state, time } from './element.js'
import { amount } from './words.js'

/**
 * @import { Child, Shape } from './element.js'
 * @import { Column } from './table.js'
 * @import {
 *   AddressRow, AnnouncedRow, AnnouncedState, AnsweredFor, NotTold, PoolRow, ProblemRow, SessionRow,
 *   ToldByBgp,
 * } from '../status-report.ts'
 */

/** `default/web`: the name is what people look for. @param {string} key */
function serviceName(key) {
  const at = key.indexOf('/')
  return [quiet(key.slice(0, at + 1)), h('b', {}, key.slice(at + 1))]
}

/** @param {readonly string[]} addresses */
const addressList = (addresses) =>
  addresses.map((address) => h('span', { class: 'line-of-its-own code' }, address))

/** A press searches for it. @param {string} text @param {string} label */
export const finder = (text, label) =>
  h('button', { type: 'button', 'data-find': text, class: 'find', title: label }, text)

/** @param {string | undefined} pool */
const poolName = (pool) =>
  pool === undefined ? [] : [finder(pool, `Show what is of pool ${pool}`)]

/** @param {{ because?: string, sentence?: string }} reason */
const why = ({ because = '', sentence = '' }) => [
  h('span', { class: 'why' }, sentence, ' ', h('code', {}, because)),
]

/** Of a protocol that is not in use where the other one is. @param {NotTold} reason */
const inShort = ({ because, sentence }) => [h('code', { class: 'quiet', title: sentence }, because)]

const UNKNOWN = 'Unknown'

/** @type {readonly Column<SessionRow>[]} */
export const SESSION_COLUMNS = [
  {
    head: 'Peer',
    cell: ({ name, peer, vrf }) => [
      h('b', {}, name),
      ' ',
      h('span', { class: 'quiet code' }, vrf === undefined ? peer : `${peer} in ${vrf}`),
    ],
  },
  {
    head: 'Session',
    cell: ({ isUp, state: word, because }) => {
      if (isUp) return [state('well', 'up')]
      // Nobody can say: FRR does not answer, or does not have it yet.
      if (word === UNKNOWN) return [state('idle', 'unknown')]
      return [
        state('bad', 'down'),
        ' ',
        quiet(because === undefined ? word : `${word}; ${because}`),
      ]
    },
  },
  {
    head: 'Since',
    cell: ({ since }, now) => (since === undefined ? [] : [time(since), ' ', age(since, now)]),
  },
  {
    head: 'BFD',
    isUsed: (rows) => rows.some(({ bfd }) => bfd),
    cell: ({ bfd }) =>
      bfd === undefined
        ? []
        : [state(bfd.status === 'up' ? 'well' : 'bad', bfd.status), ' ', quiet(bfd.profile)],
  },
  {
    head: 'IPv4 sent',
    kind: 'number',
    isUsed: (rows) => rows.some(({ sent, wanted }) => sent[4] + wanted[4] > 0),
    cell: ({ sent, wanted }) => prefixes(sent[4], wanted[4]),
  },
  {
    head: 'IPv6 sent',
    kind: 'number',
    isUsed: (rows) => rows.some(({ sent, wanted }) => sent[6] + wanted[6] > 0),
    cell: ({ sent, wanted }) => prefixes(sent[6], wanted[6]),
  },
  { head: 'Drops', kind: 'number', cell: ({ dropped }) => [amount(dropped)] },
]

/** @param {number} sent @param {number} wanted @returns {Child[]} */
function prefixes(sent, wanted) {
  if (sent === 0 && wanted === 0) return [quiet('none')]
  const mark = sent === wanted ? [] : [icon('warn'), ' ']
  return [...mark, amount(sent), quiet(` of ${amount(wanted)}`)]
}

/** @type {Readonly<Record<AnnouncedState, readonly [Shape, string]>>} */
export const STATE_WORDS = {
  fault: ['bad', 'problem'],
  degraded: ['warn', 'partly'],
  waiting: ['idle', 'waiting'],
  announced: ['well', 'announced'],
  elsewhere: ['away', 'elsewhere'],
  off: ['plain', 'not here'],
}

/** @type {readonly Column<AnnouncedRow>[]} */
export const ANNOUNCED_COLUMNS = [
  { head: 'Service', cell: ({ service }) => serviceName(service) },
  { head: 'Here', cell: ({ state: word }) => [state(...STATE_WORDS[word])] },
  { head: 'Addresses', cell: ({ addresses }) => addressList(addresses) },
  { head: 'Pool', cell: ({ pool }) => poolName(pool) },
  {
    head: 'BGP',
    cell: ({ bgp, layer2, addresses }) => {
      if (bgp.announced) return heardBy(bgp, addresses)
      const isShort = layer2 && (layer2.announced || layer2.owner !== undefined)
      return isShort ? inShort(bgp) : why(bgp)
    },
  },
  {
    head: 'Layer 2',
    isUsed: (rows) => rows.some(({ layer2 }) => layer2),
    cell: ({ bgp, layer2 }) => {
      if (layer2 === undefined) return []
      const isShort = bgp.announced && !layer2.announced && layer2.owner === undefined
      return isShort ? inShort(layer2) : answeredBy(layer2)
    },
  },
]

/** @param {ToldByBgp} bgp @param {readonly string[]} addresses @returns {Child[]} */
function heardBy({ peers, peersTotal, prefixes: routes }, addresses) {
  const names = peers.map(({ name, isUp }) =>
    isUp ? name : h('span', { class: 'down' }, icon('bad'), `${name} (down)`),
  )
  const more = peersTotal - peers.length
  const hosts = new Set(addresses.flatMap((one) => [`${one}/32`, `${one}/128`]))
  const wider = routes.filter((route) => !hosts.has(route))
  return [
    ...joined(more > 0 ? [...names, `${amount(more)} more`] : names),
    ...(wider.length === 0 ? [] : [' ', quiet(`as ${wider.join(', ')}`)]),
  ]
}

/** @param {AnsweredFor | NotTold} layer2 @returns {Child[]} */
function answeredBy(layer2) {
  if (layer2.announced) {
    const { interfaces } = layer2
    return [`answers on ${interfaces.length === 0 ? 'all interfaces' : interfaces.join(', ')}`]
  }
  const { owner } = layer2
  return owner === undefined ? why(layer2) : [h('b', {}, owner), ' answers ', ...why(layer2)]
}

/** @type {readonly Column<PoolRow>[]} */
export const POOL_COLUMNS = [
  { head: 'Pool', cell: ({ name }) => poolName(name) },
  { head: 'Services', kind: 'number', cell: ({ services }) => [amount(services)] },
  ...[/** @type {const} */ (4), /** @type {const} */ (6)].map(
    (family) =>
      /** @type {Column<PoolRow>} */ ({
        head: `IPv${family} in use`,
        isUsed: (rows) => rows.some(({ capacity }) => capacity[family] > 0),
        cell: ({ assigned, capacity }) => usage(assigned[family], capacity[family], family),
      }),
  ),
]

/** @param {number} used @param {number} all @param {number} family @returns {Child[]} */
function usage(used, all, family) {
  if (all === 0) return []
  const max = String(all)
  const label = `IPv${family} addresses in use`
  const bar = { max, high: String(all * 0.9), value: String(used), 'aria-label': label }
  return [
    ...(used >= all ? [state('warn', 'full'), ' '] : []),
    h('span', { class: 'share' }, amount(used), quiet(` of ${amount(all)}`)),
    h('meter', bar),
  ]
}

/** @type {Readonly<Record<AddressRow['state'], readonly [Shape, string]>>} */
const ADDRESS_WORDS = {
  waiting: ['bad', 'waiting'],
  partial: ['warn', 'not all'],
  given: ['well', 'given'],
}

/** @type {readonly Column<AddressRow>[]} */
export const ADDRESS_COLUMNS = [
  { head: 'Service', cell: ({ service }) => serviceName(service) },
  { head: 'State', cell: ({ state: word }) => [state(...ADDRESS_WORDS[word])] },
  { head: 'Addresses', cell: ({ addresses }) => addressList(addresses) },
  { head: 'Pool', cell: ({ pool }) => poolName(pool) },
  {
    head: 'Why',
    isUsed: (rows) => rows.some(({ because }) => because !== undefined),
    cell: (row) => (row.because === undefined ? [] : [...why(row), ...considered(row)]),
  },
]

/** @param {AddressRow} row */
const considered = ({ considered: pools }) =>
  pools.map(({ pool, sentence }) =>
    h('span', { class: 'line-of-its-own quiet' }, `${pool}: ${sentence}`),
  )

/** @type {readonly Column<ProblemRow>[]} */
export const PROBLEM_COLUMNS = [
  {
    head: 'Object',
    cell: ({ kind, namespace, name }) => [
      icon('warn'),
      ' ',
      quiet(`${kind} ${namespace === '' ? '' : `${namespace}/`}`),
      h('b', {}, name),
    ],
  },
  { head: 'Field', cell: ({ path }) => (path === '' ? [] : [h('code', {}, path)]) },
  { head: 'What is wrong', cell: ({ message }) => [message] },
  { head: 'Since', cell: ({ since }, now) => [time(since), ' ', age(since, now)] },
]
