// How many blocks and commands each page has, and which test takes care of them, as lines of a table.
import type { Page } from './page.ts'
import { type Tier, tierOf, typedOn } from './tiers.ts'
import { isObjects } from './yaml-blocks.ts'

const TIERS: Readonly<Record<Tier, string>> = {
  offline: 'run over a folder',
  kube: 'run at an API server',
  net: 'run in FRR',
  lab: 'run in a lab',
  elsewhere: 'run by a test of its own',
  named: 'programs, targets and flags looked up',
}

/** A line for each page that has any. */
export function report(pages: readonly Page[]): string[] {
  return pages.flatMap((page) => {
    const parts = [...countsOfBlocks(page), ...countsOfLines(page)]
    return parts.length === 0 ? [] : [`${page.path}: ${parts.join(', ')}`]
  })
}

function countsOfBlocks({ blocks }: Page): string[] {
  const kinds = blocks
    .filter(({ lang }) => lang !== 'console')
    .map((block) => {
      if (block.lang !== 'yaml') return block.lang
      return isObjects(block) ? 'yaml (checked, applied)' : 'yaml (a file of others)'
    })
  return [...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => `${all.length} ${kind}`)
}

function countsOfLines(page: Page): string[] {
  const byTier = Map.groupBy(typedOn(page), tierOf)
  return [...byTier].map(([tier, lines]) => `${lines.length} commands ${TIERS[tier]}`)
}
