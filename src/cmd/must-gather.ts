// `ferrule must-gather`: everything that whoever helps will ask for, in one folder or archive, without
// secrets; and what could not be had, and why.
import { hostname } from 'node:os'
import { onlyFlags, port, text, truth, UsageError } from './flags.ts'
import { Collection, LIMITS, NODE_LIMITS } from './gather/collection.ts'
import { gatherNode } from './gather/node-part.ts'
import { Redactor } from './gather/redactor.ts'
import { prepareFolder, writeArchive, writeFolder } from './gather/write-out.ts'
import type { Help } from './help.ts'
import { node as nodeFlags } from './role-flags.ts'
import { accessTo, where } from './where.ts'

const { objects: _, ...cluster } = where
const { frrRunDir, frrConfigDir } = nodeFlags
const flags = {
  dir: text('New folder for it. Without it and --tar, one in the current folder.', '', {
    value: 'DIR',
  }),
  tar: text('Compressed archive (.tar.gz) to write; - is standard output.', '', { value: 'FILE' }),
  node: truth(
    'Of the node we are on, in the container of the speaker or on a host: FRR over its sockets, the speaker on loopback, links and routes. Without it, of the whole cluster.',
  ),
  frrRunDir,
  frrConfigDir,
  healthProbePort: port(
    'Port on loopback where the speaker answers; one over a folder does so on 9120.',
    17472,
  ),
  logFile: text('With --node: a log file whose end is to be taken too.', '', { value: 'FILE' }),
  ...cluster,
}

export const help: Help = {
  usage: 'must-gather [--node | --kubeconfig FILE] [--dir DIR] [--tar FILE]',
  about:
    'Gathers what helps to find a fault. Of a cluster, with your own rights: our objects and definitions, the Services they concern, events, Pods and their logs, and from each speaker the files of FRR and what its commands print. With --node, the same of one node without the cluster. Passwords, tokens, keys and the values of Secrets are replaced by ***; index.txt says what each file is, and what could not be had and why. Each file has at most 10 MB.',
  flags,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const given = onlyFlags(flags, args)
  const at = Date.now()
  const stamp = new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = `ferrule-must-gather-${stamp}`
  const dir = given.dir || (given.tar === '' ? folder : '')
  if (dir !== '') await prepareFolder(dir)
  const files = new Collection(new Redactor(), given.node ? NODE_LIMITS : LIMITS)
  const of = given.node ? await fromNode(files, given) : await fromCluster(files, given, signal)
  signal.throwIfAborted()
  const gathered = files.files([`Gathered by ferrule at ${new Date(at).toISOString()} of ${of}.`])
  if (dir !== '') await writeFolder(dir, gathered)
  if (given.tar !== '') await writeArchive({ to: given.tar, folder, at }, gathered)
  const places = [dir, given.tar].filter((one) => one !== '' && one !== '-').join(' and ')
  const lacking = files.missing.length > 0 ? `, ${files.missing.length} could not be had` : ''
  say(`${files.count} files${places === '' ? '' : ` in ${places}`}${lacking}; index.txt lists them`)
  return files.count > 0 ? 0 : 1
}

type Given = ReturnType<typeof onlyFlags<typeof flags>>

async function fromNode(files: Collection, given: Given): Promise<string> {
  if (given.context !== '') {
    throw new UsageError('--context is of a cluster, --node asks nothing of one')
  }
  say('this node')
  await gatherNode(files, given)
  return `node ${hostname()}`
}

async function fromCluster(files: Collection, given: Given, signal: AbortSignal): Promise<string> {
  // Loaded only here: a node needs nothing of it.
  const { openClient } = await import('../kube/client.ts')
  const { gatherCluster } = await import('./gather/cluster-part.ts')
  const access = await accessTo({ ...given, objects: '' })
  using client = openClient(access)
  await gatherCluster(files, { ...given, access, client, signal, say })
  return `cluster ${access.server.origin}, namespace ${given.namespace}`
}

/** Standard output may be the archive. */
function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
