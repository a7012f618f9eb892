// Brings running daemons to the log level of the configuration. FRR reads that at its start only, and
// the difference that `apply.ts` sends has none of it: zebra is concerned as well, and a daemon that
// hangs shall not keep a route waiting for a matter of the log.
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { describe } from '../describe.ts'
import {
  LOGGING_DAEMONS,
  type LoggingDaemon,
  type LogLines,
  logCommands,
  logLinesIn,
  saysHowToLog,
} from './log-lines.ts'
import { STATUS, Vty } from './vty.ts'

export interface LogLevelOptions {
  readonly runDir: string
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly silenceMs?: number
}

/** A daemon that owes an answer for so long hangs; a pass will try again. */
const SILENCE_MS = 5_000

export class LogLevels implements AsyncDisposable {
  readonly #options: LogLevelOptions
  readonly #reached = new Set<LoggingDaemon>()
  readonly #told = new Map<LoggingDaemon, string>()
  #wanted: LogLines | undefined
  /** Counts how often what was reached became worth nothing. */
  #round = 0
  #work: Promise<unknown> | undefined
  #disposed = false

  constructor(options: LogLevelOptions) {
    this.#options = options
  }

  /** From now on the daemons shall log as this text says; one that says nothing changes nothing. */
  follow(text: string): void {
    if (!saysHowToLog(text)) return
    const wanted = logLinesIn(text)
    if (!isDeepStrictEqual(wanted, this.#wanted)) this.forget()
    this.#wanted = wanted
    this.#start()
  }

  /** A daemon may have come that logs otherwise. */
  forget(): void {
    this.#reached.clear()
    this.#round++
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#work) await this.#work
    this.#disposed = true
  }

  #start(): void {
    const open = LOGGING_DAEMONS.filter((one) => !this.#reached.has(one))
    if (this.#work || this.#disposed || open.length === 0) return
    const [wanted, round] = [this.#wanted!, this.#round]
    const tries = open.map((daemon) => this.#bring(daemon, wanted))
    this.#work = Promise.all(tries).then(() => {
      this.#work = undefined
      if (this.#round !== round) this.#start()
    })
  }

  async #bring(daemon: LoggingDaemon, wanted: LogLines): Promise<void> {
    const { log } = this.#options
    const round = this.#round
    try {
      const commands = await this.#tell(daemon, wanted)
      this.#told.delete(daemon)
      if (this.#round === round) this.#reached.add(daemon)
      if (commands.length > 0) log.info({ op: 'frr', daemon, commands }, 'it logs otherwise now')
    } catch (error) {
      // One that comes later reads the file; not every node has each of them.
      if (isAbsent(error)) return
      const why = describe(error)
      if (this.#told.get(daemon) !== why) {
        log.warn({ op: 'frr', daemon, error }, 'its log level cannot be changed')
      }
      this.#told.set(daemon, why)
    }
  }

  async #tell(daemon: LoggingDaemon, wanted: LogLines): Promise<string[]> {
    const { runDir, silenceMs = SILENCE_MS } = this.#options
    await using vty = await Vty.open(`${runDir}/${daemon}.vty`, { silenceMs })
    await ask(vty, ['enable'])
    const running = async () => logLinesIn(await ask(vty, ['show running-config']))
    const commands = logCommands(daemon, wanted, await running())
    if (commands.length === 0) return []
    await ask(vty, ['configure terminal', ...commands, 'end'])
    const left = logCommands(daemon, wanted, await running())
    if (left.length > 0) throw new Error(`${daemon} took ${left.join(', ')} and does not show it`)
    return commands
  }
}

/** Every line has to be taken. Returns what the last one printed. */
async function ask(vty: Vty, lines: readonly string[]): Promise<string> {
  const replies = await vty.pipeline(lines)
  const at = replies.findIndex(({ status }) => status !== STATUS.success)
  if (at < 0) return replies.at(-1)!.text
  const { status, text } = replies[at]!
  throw new Error(`FRR refused "${lines[at]}" (status ${status}): ${text.trim()}`)
}

function isAbsent(error: unknown): boolean {
  const { code = '' } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}
