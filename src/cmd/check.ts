// `ferrule check`: every problem in a folder of objects, in the words of webhook and status, so that
// it can be asked before anything is applied.
import type { Problem } from '../config/problem.ts'
import { openFolder } from '../kube/folder.ts'
import { Snapshot } from '../kube/snapshot.ts'
import { onlyFlags, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { namespace, objects } from './role-flags.ts'

const FLAGS = {
  objects,
  namespace,
  json: truth('Print a list of {kind, namespace, name, path, code, message}.'),
}

export const help: Help = {
  usage: 'check --objects DIR [flags]',
  about:
    'Reads every object in a folder and says what is wrong with each: fields, references, and what cannot stand together. Exits with 1 if there is anything.',
  flags: FLAGS,
}

export async function run(args: string[]): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  if (flags.objects === '') throw new UsageError('check needs --objects DIR')
  const { problems, count } = await problemsIn(flags.objects, flags.namespace)
  process.stdout.write(flags.json ? printJson(problems) : printText(problems, count))
  return problems.length > 0 ? 1 : 0
}

async function problemsIn(dir: string, ourNamespace: string) {
  const fail = (error: Error) => {
    throw error
  }
  await using folder = openFolder({ dir, namespace: ourNamespace, onError: fail, watch: false })
  const snapshot = new Snapshot({ namespace: ourNamespace, lbClass: '' })
  const changes = folder.takeChanges()
  snapshot.update(changes, folder.problems())
  return { problems: snapshot.world(0).problems, count: changes.length }
}

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
  const groups = Map.groupBy(problems, titleOf)
  const blocks = [...groups].map(([title, list]) => [title, ...list.map(lineOf)].join('\n'))
  const verdict = `${counted(problems.length, 'problem')} in ${counted(groups.size, 'object')}; ${read}`
  return `${blocks.join('\n\n')}\n\n${verdict}\n`
}

const titleOf = ({ kind, namespace, name }: Problem): string =>
  `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`

const lineOf = ({ path, message }: Problem): string =>
  `  ${path === '' ? '' : `${path}: `}${message}`

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
