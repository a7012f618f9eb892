// What stands in a ```console block: commands after `$ `, and below each what it prints.
import type { Block } from './page.ts'

export interface Typed {
  readonly page: string
  readonly line: number
  /** As typed, a line that ends in `\` put together with the next; without the prompt. */
  readonly text: string
  readonly prints: readonly string[]
}

/** What is no form of ours is said as a sentence. */
export function typedIn(block: Block): Typed[] | string {
  const found: { line: number; text: string; prints: string[] }[] = []
  let goesOn = false
  for (const [index, line] of block.text.split('\n').entries()) {
    const last = found.at(-1)
    if (goesOn && last) last.text += `\n${line}`
    else if (line.startsWith('$ ')) {
      found.push({ line: block.line + 1 + index, text: line.slice(2), prints: [] })
    } else if (last) last.prints.push(line)
    else if (line.trim() !== '') return 'a block begins with a command: "$ …"'
    goesOn = line.endsWith('\\') && (goesOn || line.startsWith('$ '))
  }
  if (found.length === 0) return 'there is no command in it'
  return found.map((one) => ({ page: block.page, ...one, prints: trimmed(one.prints) }))
}

function trimmed(lines: readonly string[]): string[] {
  const end = lines.findLastIndex((line) => line.trim() !== '')
  return lines.slice(0, end + 1)
}

/**
 * What a page shows fits what was printed: lines in their order, `…` stands for what differs (a line of
 * it alone for any number of lines), and blanks count as one, for columns are as wide as their content.
 */
export function fits(shown: readonly string[], printed: string): boolean {
  const lines = shown.map((line) => {
    if (line.trim() === '…') return String.raw`(?:.*\n)*?`
    const parts = line
      .trim()
      .split('…')
      .map((part) => part.split(/\s+/).map(escaped).join(String.raw`\s+`))
    return String.raw`\s*${parts.join('.*')}\s*\n`
  })
  return new RegExp(`^\\s*${lines.join('')}\\s*$`).test(`${printed.trimEnd()}\n`)
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
