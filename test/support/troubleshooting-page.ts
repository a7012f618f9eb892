// The commands that docs/troubleshooting-commands.md names, by the heading they stand under: tests run
// them, and fail when one is added that they do not know.
import { read } from './source.ts'

const PAGE = 'docs/troubleshooting-commands.md'

/** In the order of the page. */
export function commandsUnder(heading: string): string[] {
  const sections = read(PAGE).split(/^## /m)
  const section = sections.find((one) => one.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`${PAGE} has no "${heading}"`)
  return [...section.matchAll(/^\| `(.+?)` \|/gm)].map(([, cell = '']) =>
    cell.replaceAll('\\|', '|'),
  )
}
