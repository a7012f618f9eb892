// A line `ferrule …` of a page, as `main.ts` would take it: the command is there, and its flags are.
import { COMMANDS } from '../../../src/cmd/commands.ts'
import { type FlagTable, parseFlags, UsageError } from '../../../src/cmd/flags.ts'
import { printHelp } from '../../../src/cmd/help.ts'

const OF_ALL = ['--help', '--version']

/** What is wrong with it, as a sentence. */
export async function wrongFerrule(args: readonly string[]): Promise<string | undefined> {
  const [name = '', ...rest] = args
  if (OF_ALL.includes(name)) return undefined
  const entry = COMMANDS.get(name)
  if (!entry) return `there is no command "ferrule ${name}"`
  if (rest.includes('--help')) return undefined
  const { help } = await entry.load()
  return typeof help === 'string' ? wrongByText(help, name, rest) : wrongByTable(help.flags, rest)
}

function wrongByTable(flags: FlagTable, args: readonly string[]): string | undefined {
  try {
    parseFlags(flags, args, {})
    return undefined
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}

/** A command with a help text of its own lists its actions and flags there. */
function wrongByText(help: string, name: string, args: readonly string[]): string | undefined {
  const end = args.indexOf('--')
  const [action = '', ...rest] = end < 0 ? args : args.slice(0, end)
  const actions = /^Usage: ferrule \S+ ([\w|-]+)/.exec(help)?.[1]?.split('|') ?? []
  if (!actions.includes(action)) return `"ferrule ${name}" does not know "${action}"`
  const known: readonly string[] = help.match(/--[\w-]+/g) ?? []
  const unknown = rest.find(
    (word) => word.startsWith('--') && !known.includes(word.split('=')[0] ?? ''),
  )
  return unknown && `"ferrule ${name}" has no flag ${unknown}`
}

/** Every flag of every command, as `--name`, and every variable one can be set by. */
export async function knownFlags(): Promise<{ flags: Set<string>; variables: Set<string> }> {
  const flags = new Set(OF_ALL)
  const variables = new Set<string>()
  for (const { load } of COMMANDS.values()) {
    const { help } = await load()
    const text = typeof help === 'string' ? help : printHelp(help)
    for (const flag of text.match(/--[\w-]+/g) ?? []) flags.add(flag)
    if (typeof help === 'string') continue
    for (const { env } of Object.values(help.flags)) for (const name of env) variables.add(name)
  }
  return { flags, variables }
}
