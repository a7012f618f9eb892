// `ferrule lab`: a network of routers and nodes on this machine, in namespaces of its own. `demo` shows
// Ferrule at work in one; up, status, exec and down are for trying things.
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import {
  applyConfiguration,
  bringUp,
  type DemoOptions,
  lastLines,
  runDemo,
  title,
} from '../lab/demo.ts'
import { attachLab, Lab } from '../lab/lab.ts'
import { missingParts } from '../lab/packages.ts'
import { type Progress, showProgress } from '../lab/progress.ts'
import { readSamples } from '../lab/samples.ts'
import { describeRouter, table } from '../lab/tables.ts'
import { TOPOLOGIES } from '../lab/topology.ts'
import { UsageError } from './flags.ts'

export const help = `Usage: ferrule lab demo|up|status|exec|down [TOPOLOGY] [flags]

A network of routers and nodes on this machine, in network namespaces of its own: nothing of it
reaches the machine's interfaces, and "down" removes all of it. Needs root, FRR and BIRD
("npx ferrule setup" installs what is missing).

  demo                  bring the demo up, apply the sample objects, show what the routers learned
  up [TOPOLOGY]         bring a lab up and leave it running
  status [TOPOLOGY]     sessions and routes of its routers, and our processes
  exec MACHINE -- CMD   run a command on one of its machines (vtysh and birdc just work)
  down [TOPOLOGY]       remove it, whatever state it is in

Topologies: ${[...TOPOLOGIES.keys()].join(', ')} (default demo).

Flags:
  --lab TOPOLOGY   the lab for exec
  --empty          up: apply no sample objects
  --frr-root DIR   run the nodes on the FRR unpacked there
`

const BASE = '/run/ferrule-lab'

export async function lab(args: string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArgs(args)
  const [action, ...rest] = positionals
  switch (action) {
    case 'demo':
      return await demo(labOf('demo', values['frr-root'], process.pid), signal)
    case 'up':
      return await up(labOf(rest[0], values['frr-root']), { empty: values.empty, signal })
    case 'status':
      return await status(labOf(rest[0]))
    case 'exec':
      return await exec(labOf(values.lab), rest)
    case 'down':
      await labOf(rest[0]).down()
      return 0
    default:
      throw new UsageError(`lab ${action ?? ''}: say demo, up, status, exec or down`)
  }
}

export { lab as run }

function readArgs(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        lab: { type: 'string' },
        empty: { type: 'boolean', default: false },
        'frr-root': { type: 'string' },
      },
    })
  } catch (cause) {
    throw new UsageError(`lab: ${(cause as Error).message}`, { cause })
  }
}

/** All that is known of a lab follows from its name, so any process can name it. */
function labOf(name = 'demo', frrRoot?: string, owner?: number): Lab {
  const topology = TOPOLOGIES.get(name)?.()
  if (!topology) {
    throw new UsageError(`there is no topology "${name}": ${[...TOPOLOGIES.keys()].join(', ')}`)
  }
  const prefix = `lab${topology.name.replaceAll('-', '')}`
  const place = { topology, prefix, dir: join(BASE, topology.name) }
  return new Lab({ ...place, frrRoot, ...(owner ? { owner } : {}) })
}

async function demo(lab: Lab, signal: AbortSignal): Promise<number> {
  const why = await whyNotHere()
  if (why) throw new Error(why)
  const progress = showProgress(process.stderr)
  const earlier = await attachLab(lab.dir)
  if (earlier?.owner) throw new Error(`a demo is running already (process ${earlier.owner})`)
  if (earlier) await progress.step('Removing what an earlier run left', () => earlier.down())
  await using _ = { [Symbol.asyncDispose]: () => takeDown(lab, progress) }
  try {
    await runDemo(optionsOf(lab, signal))
    process.stdout.write(`\n${whatNext(lab)}`)
    if (process.stdin.isTTY && process.stdout.isTTY) {
      progress.say('\nAll of it stays up until you press Ctrl-C.')
      await stopped(signal)
    }
    return 0
  } catch (error) {
    if (signal.aborted) return 130
    // Their logs go with the lab, so what they said last is shown now.
    for (const { name, log } of await lab.processes()) {
      progress.say(`--- ${name}:\n${lastLines(log)}`)
    }
    throw error
  }
}

async function up(lab: Lab, { empty, signal }: { empty: boolean; signal: AbortSignal }) {
  const why = await whyNotHere()
  if (why) throw new Error(why)
  const options = optionsOf(lab, signal)
  await bringUp(options)
  if (!empty) {
    const samples = await readSamples(lab.topology.samples)
    await applyConfiguration(options, samples)
    for (const { file, text } of samples) await lab.writeObjects(file, text)
  }
  process.stdout.write(`The objects are in ${lab.objectsDir}: edit them and watch.\n`)
  return 0
}

async function status(named: Lab): Promise<number> {
  const lab = await mustBeUp(named)
  for (const router of await lab.routers()) {
    process.stdout.write(`${await describeRouter(lab.topology, router)}\n\n`)
  }
  const rows = (await lab.processes()).map(({ name, pid, running }) => [
    name,
    String(pid),
    running ? 'running' : `ended, see ${join(lab.dir, `${name}.log`)}`,
  ])
  process.stdout.write(`${title('Processes')}\n${table(['name', 'pid', ''], rows)}\n`)
  return rows.some(([, , state]) => state !== 'running') ? 1 : 0
}

async function exec(named: Lab, [machine, ...argv]: string[]): Promise<number> {
  if (!machine || argv.length === 0) throw new UsageError('lab exec MACHINE -- COMMAND…')
  const lab = await mustBeUp(named)
  const [file = '', ...args] = await lab.command(machine, argv)
  const { exitCode } = await execa(file, args, { stdio: 'inherit', reject: false })
  return exitCode ?? 1
}

async function mustBeUp({ dir, topology }: Lab): Promise<Lab> {
  const found = await attachLab(dir)
  if (!found) throw new Error(`the lab "${topology.name}" is not up`)
  return found
}

function optionsOf(lab: Lab, signal: AbortSignal): DemoOptions {
  return {
    ...{ lab, signal, progress: showProgress(process.stderr) },
    // As we were started ourselves: from source, or from the bundle.
    program: [process.execPath, process.argv[1] ?? ''],
    print: (text) => process.stdout.write(`${text}\n`),
  }
}

async function whyNotHere(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a lab needs root: it makes network namespaces'
  const needed = (await missingParts()).filter((part) =>
    ['iproute2', 'frr', 'bird2'].includes(part.package),
  )
  if (needed.length === 0) return undefined
  return `${needed.map((part) => part.package).join(', ')} missing: run "npx ferrule setup"`
}

async function takeDown(lab: Lab, progress: Progress): Promise<void> {
  await progress.step('Removing all of it', () => lab.down())
}

async function stopped(signal: AbortSignal): Promise<void> {
  // Waiting for a signal alone does not keep Node alive: it would leave, and the lab would stay.
  const alive = setInterval(() => {}, 60_000)
  try {
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    clearInterval(alive)
  }
}

function whatNext({ objectsDir, topology }: Lab): string {
  const router = topology.routers[0]?.name
  const node = topology.nodes[0]?.name
  const tries = [
    ['npx ferrule lab up', 'the same, and it stays'],
    [`npx ferrule lab exec ${router} -- vtysh -c 'show bgp ipv4 unicast'`, 'ask a router yourself'],
    [`npx ferrule lab exec ${node} -- vtysh -c 'show running-config'`, 'what Ferrule told FRR'],
    [`edit the objects in ${objectsDir}`, 'then: npx ferrule lab status'],
    ['npx ferrule lab down', 'remove it'],
  ]
  return [
    title('What to try next'),
    ...tries.map(([what = '', why]) => `  ${what.padEnd(64)}${why}`),
    '',
  ].join('\n')
}
