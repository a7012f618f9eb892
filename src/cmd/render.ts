// `ferrule render`: the frr.conf that a node would get, to stdout.
import { planSpeaker } from '../reconciler/speaker.ts'
import { numberClasses } from '../render/classes.ts'
import { nodeIn, readWorld } from './asked-world.ts'
import { onlyFlags } from './flags.ts'
import type { Help } from './help.ts'
import { node, shared } from './role-flags.ts'
import { renderFrrConf } from './templates.ts'
import { WHERE_USAGE, where } from './where.ts'

const { lbClass, logLevel } = shared
const { nodeName, ignoreExcludeLb } = node
const flags = { ...where, nodeName, lbClass, logLevel, ignoreExcludeLb }

export const help: Help = {
  usage: `render ${WHERE_USAGE} --node NAME`,
  about:
    'Prints the FRR configuration that this node would get: of a folder with the addresses the controller would give, of a cluster with those its Services have. Passwords stand in it as FRR needs them; one that you may not read is <not-readable>. A speaker that has run for a while may have numbered its route-maps otherwise.',
  flags,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const given = onlyFlags(flags, args)
  const { world, unread } = await readWorld(given, { signal })
  for (const { name, message } of unread) process.stderr.write(`not read: ${name}: ${message}\n`)
  const name = nodeIn(world, given.nodeName)
  const { frr } = planSpeaker({ ...world, ...given, node: name, hostname: name })
  process.stdout.write(renderFrrConf(frr, numberClasses(frr)))
  return 0
}
