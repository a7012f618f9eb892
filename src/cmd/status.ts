// `ferrule status`: how this node does. It asks FRR itself, so that it answers beside a speaker that
// hangs; what only the speaker knows comes from it, on loopback, as long as it answers.
import { setTimeout as delay } from 'node:timers/promises'
import { printPlan } from '../reconciler/print.ts'
import { paint } from './fitted-table.ts'
import { type Flag, onlyFlags, port, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { NodeLook } from './node-look.ts'
import { type NodeStatus, nodeStatus } from './node-status.ts'
import { node } from './role-flags.ts'
import { Screen } from './screen.ts'
import { layoutStatus } from './status-layout.ts'

/** https://no-color.org: whatever it says, it is meant. */
const noColor: Flag<boolean> = {
  ...truth('No colours; on anything but a terminal there are none anyway.'),
  env: ['NO_COLOR'],
  parse: (text) => ({ value: !/^(?:false|0|f)$/i.test(text) }),
}
const width: Flag<number> = {
  about: 'Width of the table, for what is not a terminal; 0 is as wide as it wants.',
  value: 'COLUMNS',
  fallback: 0,
  env: [],
  parse: (text) =>
    /^\d{1,4}$/.test(text) ? { value: Number(text) } : { refusal: 'is not a number of columns' },
}
const { frrRunDir, frrConfigDir } = node
const flags = {
  watch: truth('Draw it anew every second, until Ctrl-C.'),
  json: truth('The same for machines; with --watch a line each second.'),
  frrRunDir,
  frrConfigDir,
  healthProbePort: port(
    'Port on loopback where the speaker answers; one over a folder does so on 9120.',
    17472,
  ),
  width,
  noColor,
}

export const help: Help = {
  usage: 'status [--watch] [--json] [--frr-run-dir DIR]',
  about:
    'Shows how this node does: its sessions and BFD as FRR tells them, who answers on layer 2, which Services it does not announce and why, whether FRR runs what frr.conf says. Works beside a speaker that hangs; then it says so, and what only the speaker knows is missing. Exits with 0 when all is well, 1 when something is wrong, 2 when it was asked wrongly.',
  flags,
}

const EVERY_MS = 1_000
const UNLIMITED = 10_000

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const given = onlyFlags(flags, args)
  const { stdout } = process
  if (given.watch && !given.json && !stdout.isTTY) {
    throw new UsageError('--watch draws on a terminal, and this is none; --json goes anywhere')
  }
  const hasColor = stdout.isTTY === true && !given.noColor
  await using look = new NodeLook(given)
  if (given.watch) {
    if (given.json) return await repeat(look, signal, (status) => print(printPlan(status, 0)))
    using screen = new Screen(stdout, hasColor)
    return await repeat(look, signal, (status) => {
      screen.draw((columns) => layoutStatus(status, columns))
    })
  }
  const status = nodeStatus(await look.look())
  const columns = given.width || stdout.columns || UNLIMITED
  const lines = () => layoutStatus(status, columns).map((line) => paint(line, hasColor))
  print(given.json ? printPlan(status) : lines().join('\n'))
  return exitCode(status)
}

async function repeat(
  look: NodeLook,
  signal: AbortSignal,
  show: (status: NodeStatus) => void,
): Promise<number> {
  for (;;) {
    const status = nodeStatus(await look.look())
    if (!signal.aborted) show(status)
    // Ctrl-C ends the wait; that is how one leaves, and no failure.
    await delay(EVERY_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return exitCode(status)
  }
}

const exitCode = ({ wrong }: NodeStatus): number => (wrong.length === 0 ? 0 : 1)

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
