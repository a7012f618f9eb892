// `ferrule check`: every problem in a folder of objects, in the words of webhook and status, so that
// it can be asked before anything is applied; and in a cluster, of what was applied.
import { on } from 'node:events'
import { basename } from 'node:path'
import { watch } from 'chokidar'
import { type Problem, printRef, problemAt } from '../config/problem.ts'
import { describe } from '../describe.ts'
import { openVtysh } from '../frr/vtysh.ts'
import { Snapshot } from '../kube/snapshot.ts'
import { readObjects } from './asked-world.ts'
import { onlyFlags, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { WHERE_USAGE, type Where, where } from './where.ts'

const FLAGS = {
  ...where,
  json: truth('Print a list of {kind, namespace, name, path, code, message}.'),
  watch: truth('Check a folder again whenever a file changes, until interrupted.'),
}

export const help: Help = {
  usage: `check ${WHERE_USAGE} [flags]`,
  about:
    'Reads every object in a folder, or of a cluster, and says what is wrong with each: fields, references, and what cannot stand together. Exits with 1 if there is anything, a kind that may not be read included.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  if (flags.watch && flags.objects === '') {
    throw new UsageError('--watch looks at files: --objects DIR')
  }
  const check = async (): Promise<number> => {
    const { problems, count } = await problemsIn(flags, signal)
    process.stdout.write(flags.json ? printJson(problems) : printText(problems, count))
    return problems.length > 0 ? 1 : 0
  }
  if (!flags.watch) return await check()
  return await again(check, { dir: flags.objects, signal })
}

/** Once now, and once after each change; returns what the last check did. */
async function again(
  check: () => Promise<number>,
  { dir, signal }: { dir: string; signal: AbortSignal },
): Promise<number> {
  let last = await check()
  const watcher = watch(dir, {
    ignoreInitial: true,
    ignored: (path) => path !== dir && basename(path).startsWith('.'),
  })
  try {
    for await (const _ of on(watcher, 'all', { signal })) {
      process.stdout.write(`\n${new Date().toLocaleTimeString()}\n`)
      last = await check()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await watcher.close()
  }
  return last
}

async function problemsIn(flags: Where, signal: AbortSignal) {
  const { namespace } = flags
  const read = await readObjects(flags, { role: 'controller', signal })
  const snapshot = new Snapshot({ namespace, lbClass: '' })
  snapshot.update(read.changes, read.problems)
  const { problems, config } = snapshot.world(0)
  const ofExtras = await problemsOfExtras(config.extras, namespace)
  return { problems: [...problems, ...ofExtras], count: read.count }
}

/** Lines for FRR that users wrote themselves: only FRR knows its grammar, so its vtysh is asked. */
async function problemsOfExtras(extras: string, namespace: string): Promise<Problem[]> {
  if (extras === '') return []
  const ref = { kind: 'ConfigMap', namespace, name: 'bgpextras' }
  try {
    const wrong = await openVtysh({ runDir: '/var/run/frr' }).checkSyntax(extras)
    return wrong.map(({ line, text }) =>
      problemAt(ref, `data.extras line ${line}`, 'frr-syntax', `FRR refuses it: ${plain(text)}`),
    )
  } catch (error) {
    // Without FRR here this one thing stays unchecked; a speaker will say so if FRR refuses it.
    process.stderr.write(`not checked: the lines of ${printRef(ref)} (${describe(error)})\n`)
    return []
  }
}

/** `% Unknown command[59]:  set foo` → `Unknown command: set foo` */
const plain = (text: string): string =>
  text
    .replace(/^% /, '')
    .replace(/\[\d+\]/, '')
    .replace(/\s+/g, ' ')

function printJson(problems: readonly Problem[]): string {
  const listed = problems.map(({ kind, namespace, name, path, code, message }) => ({
    ...{ kind, namespace, name, path, code, message },
  }))
  return `${JSON.stringify(listed, null, 2)}\n`
}

/** Grouped by object; the problems come sorted by it. */
export function printText(problems: readonly Problem[], count: number): string {
  const read = `${counted(count, 'object')} read`
  if (problems.length === 0) return `no problems; ${read}\n`
  const groups = Map.groupBy(problems, printRef)
  const blocks = [...groups].map(([title, list]) => [title, ...list.map(lineOf)].join('\n'))
  const verdict = `${counted(problems.length, 'problem')} in ${counted(groups.size, 'object')}; ${read}`
  return `${blocks.join('\n\n')}\n\n${verdict}\n`
}

const lineOf = ({ path, message }: Problem): string =>
  `  ${path === '' ? '' : `${path}: `}${message}`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
