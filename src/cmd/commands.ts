// The list of commands. Each is a module of its own that is loaded when it is asked for, so that
// `ferrule --help` does not read FRR's grammar and a speaker does not read the lab.
import type { Help } from './help.ts'

export interface Command {
  readonly help: string | Help
  /** Returns the exit code. */
  readonly run: (args: string[], signal: AbortSignal) => Promise<number>
}

export interface CommandEntry {
  readonly about: string
  readonly load: () => Promise<Command>
}

const entry = (about: string, load: CommandEntry['load']): CommandEntry => ({ about, load })

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map([
  ['controller', entry('give addresses to Services', () => import('./controller.ts'))],
  ['speaker', entry('announce the addresses from this node', () => import('./speaker.ts'))],
  ['standalone', entry('both in one process, for one host', () => import('./standalone.ts'))],
  ['operator', entry('install from a MetalLB object', () => import('./operator.ts'))],
  ['check', entry('every problem in a folder or cluster', () => import('./check.ts'))],
  ['plan', entry('what a node would announce, and why not', () => import('./plan.ts'))],
  ['render', entry('the frr.conf of a node', () => import('./render.ts'))],
  ['explain', entry('one Service from its pool to the routers', () => import('./explain.ts'))],
  ['status', entry('how this node does: sessions, layer 2', () => import('./status.ts'))],
  ['must-gather', entry('all that helps to find a fault', () => import('./must-gather.ts'))],
  ['lab', entry('routers and nodes in network namespaces', () => import('./lab.ts'))],
  ['images', entry('build the container images', () => import('./images.ts'))],
  ['setup', entry('install what the lab and the tests need', () => import('./setup.ts'))],
  ['generate', entry('write the generated files of the repository', () => import('./generate.ts'))],
])
