// The pages of the documentation, taken apart: headings, fenced blocks, links and words of code. No
// Markdown library: our pages keep to a few forms, and `docs.test.ts` refuses the others.
import { find, read } from '../source.ts'

/** A fenced block. */
export interface Block {
  readonly page: string
  /** Of its first fence, counted from 1. */
  readonly line: number
  readonly lang: string
  /** Without the indentation of the fence. */
  readonly text: string
  /** The heading it stands under. */
  readonly section: string
}

/** A piece of prose: a link's target, or what stands in backticks. */
export interface Found {
  readonly line: number
  readonly text: string
}

export interface Page {
  readonly path: string
  readonly blocks: readonly Block[]
  /** As GitHub makes them of the headings. */
  readonly anchors: ReadonlySet<string>
  readonly links: readonly Found[]
  readonly code: readonly Found[]
  /** Lines that Markdown would show as a block, though no fence says so. */
  readonly indented: readonly Found[]
}

const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/**/*.md']

export const pages = (): Page[] => find(...PAGES).map((path) => parsePage(path, read(path)))

/** Where a block stands, for messages. */
export const placeOf = ({ page, line }: Pick<Block, 'page' | 'line'>): string => `${page}:${line}`

interface Fence {
  readonly indent: string
  readonly lang: string
  readonly line: number
  readonly lines: string[]
}

export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = []
  const prose: Found[] = []
  const headings: string[] = []
  let fence: Fence | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', lang = ''] = /^( *)```(.*)$/.exec(line) ?? []
    const isFence = line.startsWith(`${indent}\`\`\``)
    if (fence && isFence) {
      const { lines, indent: _, ...rest } = fence
      blocks.push({ page: path, ...rest, text: lines.join('\n'), section: headings.at(-1) ?? '' })
      fence = undefined
    } else if (fence) {
      fence.lines.push(line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line)
    } else if (isFence) {
      fence = { indent, lang: lang.trim(), line: index + 1, lines: [] }
    } else {
      prose.push({ line: index + 1, text: line })
      const heading = /^#+ (.*)$/.exec(line)?.[1]
      if (heading) headings.push(heading)
    }
  }
  if (fence) throw new Error(`${path}:${fence.line}: the block has no end`)
  return { path, blocks, anchors: anchorsOf(headings), ...wordsOf(prose) }
}

function wordsOf(prose: readonly Found[]): Pick<Page, 'links' | 'code' | 'indented'> {
  const all = (pattern: RegExp, where: readonly Found[]) =>
    where.flatMap(({ line, text }) =>
      [...text.matchAll(pattern)].map(([, found = '']) => ({ line, text: found })),
    )
  const plain = prose.map(({ line, text }) => ({ line, text: text.replaceAll(/`[^`]*`/g, '') }))
  return {
    links: all(/\]\(([^)\s]+)\)/g, plain),
    code: all(/(?<!`)`([^`]+)`(?!`)/g, prose),
    indented: prose.filter(({ text }, at) => isIndentedCode(text, prose.slice(0, at))),
  }
}

/** Four blanks after an empty line are code, unless they go on with an item of a list. */
function isIndentedCode(text: string, before: readonly Found[]): boolean {
  if (!/^ {4}\S/.test(text) || before.at(-1)?.text.trim() !== '') return false
  const start = before.findLast((one) => /^\S/.test(one.text))
  return start === undefined || !/^(?:[-*]|\d+\.) /.test(start.text)
}

function anchorsOf(headings: readonly string[]): Set<string> {
  const seen = new Map<string, number>()
  return new Set(
    headings.map((heading) => {
      const anchor = anchorOf(heading)
      const count = seen.get(anchor) ?? 0
      seen.set(anchor, count + 1)
      return count === 0 ? anchor : `${anchor}-${count}`
    }),
  )
}

/** GitHub's rule: small letters, blanks to dashes, of the rest only word characters and dashes. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
