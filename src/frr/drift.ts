// Does FRR run what frr.conf says? The speaker keeps the two equal, so a difference is somebody's hand,
// or a speaker that does nothing any more. Pure.
import { DAEMONS, type Daemon } from './grammar.ts'
import { withoutPassword } from './router-diff.ts'
import { minus } from './shown.ts'
import { ownedBy, parseTree, renderTree, type Tree } from './tree.ts'

/** Lines with the contexts around them, as FRR would print them; passwords left out. */
export interface Drift {
  readonly daemon: Daemon
  /** In frr.conf, and not run. */
  readonly missing: readonly string[]
  /** Run, and not in frr.conf. */
  readonly extra: readonly string[]
}

/** Begins what users append; the template has it. */
export const EXTRAS_MARK = '! From the ConfigMap bgpextras:'

/** Of the daemons that were asked; sorted as they are listed. */
export function driftOf(conf: string, running: ReadonlyMap<Daemon, Tree>): Drift[] {
  const wanted = parseTree(conf)
  const mark = conf.indexOf(EXTRAS_MARK)
  const extras = mark < 0 ? undefined : parseTree(conf.slice(mark))
  return DAEMONS.flatMap((daemon) => {
    const runs = running.get(daemon)
    if (!runs) return []
    const own = ownedBy(daemon, wanted)
    const missing = minus(own, runs)
    // FRR may show what users append in words of its own, so that only our lines can be missed, and
    // nothing that is there beside them can be told from theirs.
    const lines = linesOf(extras ? minus(missing, ownedBy(daemon, extras)) : missing)
    const beyond = extras ? [] : linesOf(minus(runs, own))
    return lines.length + beyond.length > 0 ? [{ daemon, missing: lines, extra: beyond }] : []
  })
}

const linesOf = (tree: Tree): string[] =>
  renderTree(tree)
    .split('\n')
    .filter((line) => line !== '')
    .map(withoutPassword)
