// Blocks of router configuration: which are a whole one that a router can start with, and what a part of one
// is to be read beside.
import { replaceParts } from '../production-guide.ts'
import type { Block, Page } from './page.ts'

/** Of routers that nobody can start here: a test compares them with those that run. */
export const COMPARED: Readonly<Record<string, { page: string; test: string; says: string }>> = {
  cisco: { page: 'docs/production-guide.md', test: 'test/production-guide.test.ts', says: 'cisco' },
  vyos: { page: 'docs/production-guide.md', test: 'test/production-guide.test.ts', says: 'vyos' },
}

/** As long as a configuration, and with what none can do without. */
export function isWhole({ lang, text }: Block): boolean {
  const needed = lang === 'bird' ? /^router id /m : /^router bgp /m
  return needed.test(text) && text.split('\n').length > 5
}

/** BIRD reads no part alone: it stands in the whole one before it, in the place of what has its first line. */
export function wholeBird(page: Page, part: Block): string {
  if (isWhole(part)) return part.text
  const whole = page.blocks.findLast(
    (block) => block.lang === 'bird' && isWhole(block) && block.line < part.line,
  )
  if (!whole) throw new Error(`${part.page}:${part.line}: no whole configuration stands before it`)
  const pieces = part.text.match(/^[a-z][^\n]*\{\n(?:.*\n)*?\}$/gm) ?? []
  return pieces.reduce((text, piece) => {
    const isThere = text.includes(`\n${piece.split('\n')[0]}\n`)
    return isThere ? replaceParts(text, piece) : `${text}\n${piece}\n`
  }, whole.text)
}
