// What `--help` prints, from the same tables that parse the flags, so that the two cannot disagree.
import { dashed, type Flag, type FlagTable, isBoolean } from './flags.ts'

/** How a command describes itself. */
export interface Help {
  /** After `ferrule`, e.g. `check --objects DIR [flags]`. */
  readonly usage: string
  /** What it does, in a paragraph. */
  readonly about: string
  readonly flags: FlagTable
}

const WIDTH = 96
const INDENT = 6

export function printHelp({ usage, about, flags }: Help): string {
  const lines = [`Usage: ferrule ${usage}`, '', ...wrap(about, WIDTH)]
  if (Object.keys(flags).length > 0) lines.push('', 'Flags:')
  for (const [name, flag] of Object.entries(flags)) lines.push(...printFlag(name, flag))
  return `${lines.join('\n')}\n`
}

function printFlag(name: string, flag: Flag<unknown>): string[] {
  const names = [dashed(name), ...(flag.alias ? [flag.alias] : [])].map((one) => `--${one}`)
  const sentence = [flag.about, defaultText(flag)].filter(Boolean).join(' ')
  const body = wrap(sentence, WIDTH - INDENT).map((line) => ' '.repeat(INDENT) + line)
  return [`  ${names.join(', ')}${isBoolean(flag) ? '' : ` ${flag.value}`}`, ...body]
}

function defaultText({ fallback, env }: Flag<unknown>): string {
  const text = fallback === false ? '' : String(fallback)
  const facts = [
    ...(text === '' ? [] : [`default ${text}`]),
    ...(env.length > 0 ? [`environment ${env.join(', ')}`] : []),
  ]
  return facts.length > 0 ? `(${facts.join('; ')})` : ''
}

/** Breaks between words; a word longer than a line stands alone. */
export function wrap(paragraph: string, width: number): string[] {
  const lines: string[] = []
  for (const word of paragraph.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}
