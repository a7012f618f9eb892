// Lines that are not sent to FRR at all: it would run something else, or tell what it must not. Separate
// from sending, because nothing at all is sent when one such line is among the others. Pure.
import { DAEMONS, type Daemon } from './grammar.ts'
import { declaredNeighbors, neighborOf } from './neighbor.ts'
import { withoutPassword } from './router-diff.ts'
import { type Context, ownedBy, renderTree, type Tree } from './tree.ts'
import { whyUnsendable } from './vty.ts'

export interface Unsendable {
  readonly daemon: Daemon
  readonly context: readonly string[]
  /** As people may read it. */
  readonly line: string
  readonly text: string
}

export function unsendable(tree: Tree): Unsendable | undefined {
  for (const daemon of DAEMONS) {
    const lines = renderTree(ownedBy(daemon, tree)).split('\n')
    const line = lines.find((one) => whyUnsendable(one) !== undefined)
    if (line === undefined) continue
    const shown = withoutPassword(line.trim().slice(0, 200))
    return { daemon, context: [], line: shown, text: whyUnsendable(line)! }
  }
  for (const context of tree.contexts.values()) {
    const line = strayPassword(context)
    if (line === undefined) continue
    const text = 'this neighbor has no remote-as and is in no peer-group'
    return { daemon: 'bgpd', context: [context.opener], line: withoutPassword(line), text }
  }
  return undefined
}

/** FRR 10 would refuse it, and write it to its log with the password. */
function strayPassword(router: Context): string | undefined {
  if (router.kind !== 'router') return undefined
  const declared = declaredNeighbors(router)
  return [...router.lines.values()].find(
    (line) => /^neighbor \S+ password /.test(line) && !declared.has(neighborOf(line)!),
  )
}
