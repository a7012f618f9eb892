// Gathers what one node knows: FRR over its sockets, its files, what the speaker answers on loopback, and
// the node's own links, addresses and routes. Each asks alone: what hangs or is not there is told of.
import { open } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe } from '../../describe.ts'
import { Vty } from '../../frr/vty.ts'
import { version } from '../../version.ts'
import { askLoopback, FOLDER_PORT } from '../loopback.ts'
import { type Collection, LIMITS } from './collection.ts'
import { FRR_COMMANDS, FRR_FILES, fileOf } from './frr-part.ts'

export interface NodePartOptions {
  readonly frrRunDir: string
  readonly frrConfigDir: string
  readonly healthProbePort: number
  /** Of the speaker or of FRR; empty: they write to their container's output. */
  readonly logFile: string
}

/** A daemon under load may owe an answer so long. */
const SILENCE_MS = 5_000
const PROGRAM_MS = 10_000
/** What is longer than this would take the memory that the speaker needs. */
const ANSWER_MAX = 2 * LIMITS.fileBytes

export async function gatherNode(files: Collection, options: NodePartOptions): Promise<void> {
  const { frrConfigDir } = options
  files.addText('node/versions.txt', versions(), 'versions of Ferrule, Node.js and the kernel')
  // First what holds passwords: then they are known, and found in all the rest.
  for (const [name, about] of FRR_FILES) {
    await addFile(files, `node/frr/${name}`, join(frrConfigDir, name), about)
  }
  if (options.logFile !== '') {
    await addFile(files, 'node/log.txt', options.logFile, 'the end of the log file', 'tail')
  }
  await Promise.all([gatherFrr(files, options), gatherSpeaker(files, options), gatherKernel(files)])
}

const versions = (): string =>
  `ferrule ${version()}\nnode ${process.version}\nkernel ${release()} ${process.arch}\n`

async function addFile(
  files: Collection,
  path: string,
  from: string,
  about: string,
  keep: 'head' | 'tail' = from.endsWith('.log') ? 'tail' : 'head',
): Promise<void> {
  const why = (error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no ${from}` : describe(error)
  const read = async () => files.addText(path, await readBounded(from, keep), about, keep)
  await files.try(path, read, why)
}

/** A log may be larger than the memory of a container. */
async function readBounded(path: string, keep: 'head' | 'tail'): Promise<string> {
  await using file = await open(path)
  const { size } = await file.stat()
  // A little more than will be kept, so that the cut is noticed and told.
  const length = Math.min(size, LIMITS.fileBytes + 4096)
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, keep === 'tail' ? size - length : 0)
  return buffer.toString('utf8', 0, bytesRead)
}

async function gatherFrr(files: Collection, { frrRunDir }: NodePartOptions): Promise<void> {
  const daemons = [...new Set(FRR_COMMANDS.flatMap((one) => one.daemons))]
  // One after the other within a daemon, all daemons at once: the one that hangs keeps nobody waiting.
  await Promise.all(daemons.map((daemon) => gatherDaemon(files, frrRunDir, daemon)))
}

async function gatherDaemon(files: Collection, runDir: string, daemon: string): Promise<void> {
  const commands = FRR_COMMANDS.filter(({ daemons }) => daemons.includes(daemon))
  const ask = async () => {
    await using vty = await Vty.open(join(runDir, `${daemon}.vty`), { silenceMs: SILENCE_MS })
    await vty.request('enable')
    for (const { command, about } of commands) {
      const path = `node/frr/${daemon}/${fileOf(command)}`
      const { status, text } = await vty.request(command)
      if (status === 0) files.addText(path, text, `${about} (${command})`)
      else files.miss(path, `${daemon} refused "${command}" (status ${status}): ${text.trim()}`)
    }
  }
  await files.try(`node/frr/${daemon}/`, ask, describe)
}

const PAGES = [
  ['/plan.json', 'what this node wants to announce, to whom, and why not'],
  ['/status.json', 'how this node does'],
  ['/metrics', 'its metrics'],
] as const

async function gatherSpeaker(
  files: Collection,
  { healthProbePort: port }: NodePartOptions,
): Promise<void> {
  for (const [path, about] of PAGES) {
    const file = `node/speaker${path.endsWith('.json') ? path : `${path}.txt`}`
    const ask = async () => {
      const text = await askLoopback({
        ...{ port, elsePort: FOLDER_PORT, path, bytesMax: ANSWER_MAX },
      })
      const { redactor } = files
      files.add(file, path.endsWith('.json') ? redactor.json(text) : redactor.text(text), about)
    }
    await files.try(file, ask, describe)
  }
}

const IP = [
  ['links', 'its links', ['-d', 'link', 'show']],
  ['addresses', 'its addresses', ['address', 'show']],
  ['routes', 'its IPv4 routes, of all tables', ['-4', 'route', 'show', 'table', 'all']],
  ['routes6', 'its IPv6 routes, of all tables', ['-6', 'route', 'show', 'table', 'all']],
  ['rules', 'which table is asked when', ['rule', 'show']],
  ['neighbours', 'who is known on the links', ['neighbour', 'show']],
] as const

async function gatherKernel(files: Collection): Promise<void> {
  for (const [name, about, args] of IP) {
    const file = `node/network/${name}.json`
    const run = async () => {
      const { stdout } = await execa('ip', ['-j', ...args], {
        ...{ timeout: PROGRAM_MS, maxBuffer: ANSWER_MAX, stdin: 'ignore' },
      })
      files.addText(file, `${stdout}\n`, `${about} (ip ${args.join(' ')})`)
    }
    await files.try(file, run, (error) =>
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'there is no program ip here'
        : describe(error),
    )
  }
}
