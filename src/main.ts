// argv → one command. Owns what belongs to the process: signals, the exit code, and the last words
// when a command fails.
import { COMMANDS } from './cmd/commands.ts'
import { UsageError } from './cmd/flags.ts'
import { printHelp } from './cmd/help.ts'
import { nearest } from './config/nearest.ts'
import { describe } from './describe.ts'
import { version } from './version.ts'

const USAGE = 2
const HELP = new Set(['--help', '-help', '-h'])

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args[0] === 'help' ? [args[1] ?? '--help', '--help'] : args
  if (name === undefined) {
    process.stderr.write(overview())
    return USAGE
  }
  if (HELP.has(name)) return print(overview())
  if (name === '--version' || name === '-version') return print(`ferrule ${version()}\n`)
  const entry = COMMANDS.get(name)
  if (!entry) throw new UsageError(unknownCommand(name))
  const command = await entry.load()
  if (asksForHelp(rest)) {
    return print(typeof command.help === 'string' ? command.help : printHelp(command.help))
  }
  return await command.run(rest, signal)
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => HELP.has(arg))
}

function overview(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length))
  const lines = [...COMMANDS].map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  return [
    'Usage: ferrule COMMAND [flags]',
    '',
    ...lines,
    '',
    'ferrule COMMAND --help says more; ferrule --version says which one this is.',
    '',
  ].join('\n')
}

function unknownCommand(name: string): string {
  const guess = nearest(name, [...COMMANDS.keys()])
  return `unknown command "${name}"${guess ? `; did you mean "${guess}"?` : ''}`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function lastWords(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`ferrule: ${error.message}\n`)
    return USAGE
  }
  process.stderr.write(`ferrule: ${describe(error)}\n`)
  return 1
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
  // The second one ends us at once, whatever still hangs.
  process.on(name, () => (stop.signal.aborted ? process.exit(1) : stop.abort()))
}
// A reader that has read enough (`ferrule plan | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
// `exitCode`, not `exit()`: what was written to a pipe has to leave first.
process.exitCode = await main(process.argv.slice(2), stop.signal).catch(lastWords)
