// The production guide's blocks, found by the heading they stand under: its tests run exactly these.
import { type Block, parsePage } from './docs/page.ts'
import { read } from './source.ts'

const PAGE = 'docs/production-guide.md'
const page = parsePage(PAGE, read(PAGE))

/** The only block of this language under the heading. */
export function guideBlock(section: string, lang: string): string {
  const found = page.blocks.filter((block) => block.section === section && block.lang === lang)
  const [block] = found
  if (!block || found.length > 1) {
    throw new Error(`${PAGE}: ${found.length} blocks of ${lang} under "${section}"`)
  }
  return `${block.text}\n`
}

export const guideBlocks = (): readonly Block[] => page.blocks

/** BIRD's configuration with those parts of it (`protocol bfd`, `template …`) that others replace. */
export function replaceParts(config: string, parts: string): string {
  const replaced = new Set<string>()
  const result = config.replaceAll(TOP_LEVEL, (part) => {
    const other = [...parts.matchAll(TOP_LEVEL)].find(([one]) => headOf(one) === headOf(part))
    if (other) replaced.add(headOf(part))
    return other?.[0] ?? part
  })
  const missed = [...parts.matchAll(TOP_LEVEL)].filter(([one]) => !replaced.has(headOf(one)))
  if (missed.length > 0) throw new Error(`nothing to replace by: ${missed.map(([one]) => one)}`)
  return result
}

/** From the first column to the brace that stands there again. */
const TOP_LEVEL = /^[a-z][^\n]*\{\n(?:.*\n)*?\}$/gm
const headOf = (part: string): string => part.split('\n')[0] ?? ''
