// Elements out of values. Whatever comes from an object becomes a text node or an attribute, never markup:
// names are written by users.
import { clock, duration } from './words.js'

/** @typedef {Node | string} Child */

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | undefined>>} attributes
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, value)
  }
  element.append(...children)
  return element
}

// States are told by shape first, by a word beside it, and by colour last.
const SHAPES = /** @type {const} */ ({
  well: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m3.6 5.1-4.2 5-.1.1a.9.9 0 0 1-1.2 0L4.300 9.400l1.100-1.200 1.300 1.200 3.600-4.300z',
  bad: 'M5 1h6l4 4v6l-4 4H5l-4-4V5zm.7 3.300L4.300 5.700 6.600 8l-2.300 2.300 1.400 1.400L8 9.400l2.300 2.300 1.400-1.400L9.400 8l2.300-2.300-1.400-1.400L8 6.600z',
  warn: 'M8 1 15.500 14.500H.5zM7.100 5.800l.2 4.200h1.400l.2-4.200zM8 11a1 1 0 1 0 0 2 1 1 0 0 0 0-2',
  idle: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2m0 1.600a4.400 4.400 0 1 0 0 8.800 4.400 4.400 0 0 0 0-8.800',
  away: 'M9.500 3 14.500 8l-5 5-1.200-1.200L11.200 8.900H1.500V7.100h9.700L8.300 4.200z',
  plain: 'M8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4',
})

/** @typedef {keyof typeof SHAPES} Shape */

/** Beside a word that says the same. @param {Shape} shape */
export function icon(shape) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', SHAPES[shape])
  path.setAttribute('fill-rule', 'evenodd')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('class', `icon ${shape}`)
  svg.setAttribute('aria-hidden', 'true')
  svg.append(path)
  return svg
}

/** @param {Shape} shape @param {string} word */
export const state = (shape, word) => h('span', { class: `state ${shape}` }, icon(shape), word)

/** @param {number} at */
export const time = (at) =>
  h('time', { datetime: new Date(at).toISOString(), title: new Date(at).toString() }, clock(at))

/** Kept up to date by `tick`. @param {number} since @param {number} now */
export const age = (since, now) =>
  h('span', { class: 'quiet', 'data-since': String(since) }, duration(now - since))

/** @param {ParentNode} root @param {number} now of the server, whose clock may be another */
export function tick(root, now) {
  for (const one of root.querySelectorAll('[data-since]')) {
    const text = duration(now - Number(one.getAttribute('data-since')))
    if (one.textContent !== text) one.textContent = text
  }
}

/** @param {string} text */
export const quiet = (text) => h('span', { class: 'quiet' }, text)

/** Items with something between them. @param {readonly Child[]} items @param {string} by */
export const joined = (items, by = ', ') =>
  items.flatMap((item, at) => (at === 0 ? [item] : [by, item]))
