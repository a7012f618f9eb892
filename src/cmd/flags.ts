// Flags and environment → one typed value. A command declares a table; parsing follows Go's flag
// package, because that is what existing manifests were written for. Nobody else reads the environment.
import { nearest } from '../config/nearest.ts'

export interface Flag<T> {
  readonly about: string
  /** Stands for the value in the help text; a boolean has none. */
  readonly value: string
  readonly fallback: T
  /** Variables that give the default, first one set wins. */
  readonly env: readonly string[]
  /** Another name on the command line. */
  readonly alias?: string
  /** A sentence when the value is not acceptable. */
  readonly parse: (text: string) => { readonly value: T } | { readonly refusal: string }
}

/** By name in camel case: `nodeName` is `--node-name`. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Flag<infer T> ? T : never
}
export type Environment = Readonly<Record<string, string | undefined>>

/** What was typed is wrong: main prints the message, not a stack, and exits with 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export function parseFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
  env: Environment = process.env,
): { flags: FlagValues<Table>; rest: string[] } {
  const values = new Map<string, unknown>()
  for (const [name, flag] of Object.entries(table)) values.set(name, defaultOf(flag, env))
  const byName = namesOf(table)
  const rest: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--') {
      rest.push(...args.slice(at + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg)
      continue
    }
    const written = /^--?([^=]*)(?:=(.*))?$/s.exec(arg)!
    const name = byName.get(written[1]!)
    if (!name) throw new UsageError(unknownFlag(written[1]!, [...byName.keys()]))
    const flag = table[name]!
    // Go's rule: a boolean takes a value only after "=", so `-x v` leaves v alone.
    const text = written[2] ?? (isBoolean(flag) ? 'true' : args[++at])
    if (text === undefined) throw new UsageError(`flag --${dashed(name)} needs a value`)
    values.set(name, readValue(flag, text, `--${dashed(name)}`))
  }
  return { flags: Object.fromEntries(values) as FlagValues<Table>, rest }
}

/** For commands that take flags only. */
export function onlyFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
  env?: Environment,
): FlagValues<Table> {
  const { flags, rest } = parseFlags(table, args, env)
  if (rest[0] !== undefined) throw new UsageError(`unexpected argument "${rest[0]}"`)
  return flags
}

export const dashed = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

export const isBoolean = (flag: Flag<unknown>): boolean => flag.value === ''

interface Extra {
  readonly env?: string | readonly string[]
  readonly alias?: string
  readonly value?: string
}

export function text(about: string, fallback = '', extra: Extra = {}): Flag<string> {
  return { ...common(about, extra, 'TEXT'), fallback, parse: (value) => ({ value }) }
}

export function choice<const T extends string>(
  about: string,
  options: readonly T[],
  fallback: T,
): Flag<T> {
  const parse = (written: string) => {
    const value = options.find((option) => option === written)
    return value ? { value } : { refusal: `is none of ${options.join(', ')}` }
  }
  return { ...common(about, {}, options.join('|')), fallback, parse }
}

/** Go's spellings of a truth value. */
const TRUTH = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
])

export function truth(about: string, fallback = false): Flag<boolean> {
  const parse = (written: string) => {
    const value = TRUTH.get(written)
    return value === undefined ? { refusal: 'is neither true nor false' } : { value }
  }
  return { ...common(about, { value: '' }, ''), fallback, parse }
}

export function port(about: string, fallback: number, extra: Extra = {}): Flag<number> {
  const parse = (written: string) => {
    const value = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN
    return value <= 65535 ? { value } : { refusal: 'is not a port (0 to 65535)' }
  }
  return { ...common(about, extra, 'PORT'), fallback, parse }
}

export function milliseconds(about: string, fallback: number): Flag<number> {
  const parse = (written: string) => {
    const value = /^\d{1,7}$/.test(written) ? Number(written) : Number.NaN
    return value >= 10 ? { value } : { refusal: 'is not a number of milliseconds, 10 or more' }
  }
  return { ...common(about, {}, 'MS'), fallback, parse }
}

function common(about: string, { env = [], alias, value }: Extra, placeholder: string) {
  const names = typeof env === 'string' ? [env] : env
  return { about, env: names, value: value ?? placeholder, ...(alias ? { alias } : {}) }
}

function defaultOf(flag: Flag<unknown>, env: Environment): unknown {
  const variable = flag.env.find((name) => env[name] !== undefined && env[name] !== '')
  return variable ? readValue(flag, env[variable]!, variable) : flag.fallback
}

function readValue(flag: Flag<unknown>, written: string, where: string): unknown {
  const parsed = flag.parse(written)
  if ('refusal' in parsed) throw new UsageError(`${where}: "${written}" ${parsed.refusal}`)
  return parsed.value
}

function namesOf(table: FlagTable): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, { alias }] of Object.entries(table)) {
    names.set(dashed(name), name)
    if (alias) names.set(alias, name)
  }
  return names
}

function unknownFlag(written: string, known: readonly string[]): string {
  const guess = nearest(written, known)
  return `unknown flag --${written}${guess ? `; did you mean --${guess}?` : ''}`
}
