// Which test runs a command line of a page. All tiers ask here, so that no line falls between them.
import { type Typed, typedIn } from './console.ts'
import { elsewhereOf } from './elsewhere.ts'
import type { Page } from './page.ts'
import { type Command, commandsIn } from './shell.ts'

/**
 * offline: docs.test.ts runs it over a folder · kube: test/kube/docs.test.ts runs it at an API server ·
 * net: test/net/docs.test.ts runs its vtysh · lab: test/net/docs.test.ts runs it, in a lab · elsewhere: see elsewhere.ts · named: its program, targets, flags
 * and files are there, and nobody runs it here
 */
export type Tier = 'offline' | 'kube' | 'net' | 'lab' | 'elsewhere' | 'named'

const IN_LAB = /^(?:make demo|npx ferrule lab)\b|\/run\/ferrule-lab\//
const ANSWERS = new Set(['check', 'explain', 'plan', 'render'])

export function tierOf(typed: Pick<Typed, 'page' | 'text'>): Tier {
  if (elsewhereOf(typed)) return 'elsewhere'
  if (IN_LAB.test(typed.text)) return 'lab'
  const commands = commandsIn(typed.text)
  const starts = (name: string) => commands.some(({ argv }) => argv[0] === name)
  if (starts('kubectl')) return 'kube'
  if (starts('vtysh')) return 'net'
  const ours = commands.map(ferruleArgs).find((args) => args !== undefined)
  const [name = '', ...args] = ours ?? []
  if (!ANSWERS.has(name) || args.some((word) => /^--(?:watch|help)$/.test(word))) return 'named'
  return args.some((word) => /^--objects\b/.test(word)) ? 'offline' : 'kube'
}

/** The words after `ferrule`, when that is what is started. */
function ferruleArgs({ argv }: Command): readonly string[] | undefined {
  if (argv[0] === 'ferrule') return argv.slice(1)
  return argv[0] === 'npx' && argv[1] === 'ferrule' ? argv.slice(2) : undefined
}

/** Every command line of a page's blocks, in its order. */
export const typedOn = ({ blocks }: Page): Typed[] =>
  blocks
    .filter(({ lang }) => lang === 'console')
    .flatMap((block) => {
      const typed = typedIn(block)
      return typeof typed === 'string' ? [] : typed
    })

/** What `kubectl exec` starts in a Pod. */
export const isExec = ({ text }: Pick<Typed, 'text'>): boolean =>
  commandsIn(text).some(({ argv }) => argv[0] === 'kubectl' && argv.includes('exec'))

/** What `vtysh` is told, wherever it is started; a list for each start. */
export function vtyshIn(line: string): string[][] {
  return commandsIn(line).flatMap(({ argv }) => {
    const at = argv.indexOf('vtysh')
    const words = argv.slice(at + 1)
    const told = words.filter((_, index) => words[index - 1] === '-c')
    return at >= 0 && told.length > 0 ? [told] : []
  })
}
