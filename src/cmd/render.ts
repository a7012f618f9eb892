// `ferrule render`: the frr.conf that a node would get, to stdout.
import { planSpeaker } from '../reconciler/speaker.ts'
import { numberClasses } from '../render/classes.ts'
import { onlyFlags } from './flags.ts'
import { nodeIn, readFolderWorld } from './folder-world.ts'
import type { Help } from './help.ts'
import { node, shared } from './role-flags.ts'
import { renderFrrConf } from './templates.ts'

const { objects, namespace, lbClass, logLevel } = shared
const { nodeName, ignoreExcludeLb } = node
const flags = { objects, nodeName, namespace, lbClass, logLevel, ignoreExcludeLb }

export const help: Help = {
  usage: 'render --objects DIR --node NAME',
  about:
    'Prints the FRR configuration that this node would get, with the addresses the controller would give. Passwords stand in it as FRR needs them.',
  flags,
}

export async function run(args: string[]): Promise<number> {
  const given = onlyFlags(flags, args)
  const { world } = await readFolderWorld(given)
  const name = nodeIn(world, given.nodeName)
  const { frr } = planSpeaker({ ...world, ...given, node: name, hostname: name })
  process.stdout.write(renderFrrConf(frr, numberClasses(frr)))
  return 0
}
