// How numbers and times are written.

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** @param {number} at */
const isToday = (at) => new Date(at).toDateString() === new Date().toDateString()

/** `12:03:04`, and the day where it is another one. @param {number} at */
export const clock = (at) =>
  isToday(at) ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`

const UNITS = /** @type {const} */ ([
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
])

/** The two largest units: `2 d 3 h`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const at = UNITS.findIndex(([, size]) => seconds >= size)
  if (at < 0) return '0 s'
  const [unit, size] = UNITS[at] ?? UNITS[3]
  const next = UNITS[at + 1]
  const first = `${Math.floor(seconds / size)} ${unit}`
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0
  return next && rest > 0 ? `${first} ${rest} ${next[0]}` : first
}

const NUMBER = new Intl.NumberFormat('en')

/** Pools of IPv6 are larger than anybody counts. @param {number} number */
export function amount(number) {
  if (number < 1e9) return NUMBER.format(number)
  return `2^${Math.round(Math.log2(number))}`
}

/** @param {number} number @param {string} one @param {string} [many] */
export const count = (number, one, many = `${one}s`) =>
  `${amount(number)} ${number === 1 ? one : many}`
