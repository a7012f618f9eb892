// A line as people type it → the programs it starts, each with its words. As much of the shell's
// grammar as a page may use; anything else (loops, here-documents) is refused, for nobody could check it.

export interface Command {
  readonly argv: readonly string[]
  /** Files that it reads by `<` or writes by `>`. */
  readonly files: readonly string[]
}

/** Pipelines, `&&` and `;` in a row; what stands in `$(…)` comes as commands of its own. */
export function commandsIn(line: string): Command[] {
  const commands: Command[] = []
  const inner: Command[] = []
  let argv: string[] = []
  let files: string[] = []
  let redirects = false
  const end = () => {
    if (argv.length > 0) commands.push({ argv: withoutVariables(argv), files })
    argv = []
    files = []
  }
  for (const token of tokensOf(line)) {
    if (token.kind === 'operator') {
      redirects = /^\d?[<>]/.test(token.text)
      if (!redirects) end()
    } else {
      inner.push(...token.inner.flatMap(commandsIn))
      if (redirects) files.push(token.text)
      else argv.push(token.text)
      redirects = false
    }
  }
  end()
  return [...commands, ...inner]
}

/** `KUBECONFIG=x kubectl …` is kubectl. */
function withoutVariables(argv: readonly string[]): string[] {
  const first = argv.findIndex((word) => !/^\w+=/.test(word))
  return first < 0 ? [] : argv.slice(first)
}

type Token =
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string; readonly inner: readonly string[] }

const BLANK = /^\s+/
const COMMENT = /^#.*/
const OPERATOR = /^(?:&&|\|\||2>&1|\d?>>|\d?>|<(?!<)|[|;])/
// The parts of one word, put together without blanks between.
const PART =
  /^(?:'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|\\(?<escaped>.)|\$\((?<inner>[^()]*)\)|(?<plain>[^\s'"\\|;<>&$()]+|\$[\w{}?!#@]*))/s

function* tokensOf(line: string): Generator<Token> {
  let rest = line.replaceAll(/\\\n\s*/g, ' ')
  for (;;) {
    rest = rest.replace(BLANK, '').replace(COMMENT, '')
    if (rest === '') return
    const operator = OPERATOR.exec(rest)?.[0]
    if (operator !== undefined) {
      rest = rest.slice(operator.length)
      // Both streams to one place: no file is named after it.
      if (operator !== '2>&1') yield { kind: 'operator', text: operator }
      continue
    }
    const word = takeWord(rest)
    if (word.length === 0) throw new Error(`what is this to a shell: ${rest}`)
    rest = rest.slice(word.length)
    yield { kind: 'word', ...word }
  }
}

function takeWord(rest: string): { text: string; inner: string[]; length: number } {
  let text = ''
  let length = 0
  const inner: string[] = []
  for (let part = PART.exec(rest); part; part = PART.exec(rest.slice(length))) {
    const { single, double, escaped, inner: command, plain } = part.groups!
    text += single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? part[0]
    for (const [, one = ''] of double?.matchAll(/\$\(([^()]*)\)/g) ?? []) inner.push(one)
    if (command !== undefined) inner.push(command)
    length += part[0].length
  }
  return { text, inner, length }
}
