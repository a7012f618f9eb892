// `ferrule standalone`: controller and speaker in one process over one folder, for a host that
// announces a few addresses without Kubernetes.
import { hostname } from 'node:os'
import { openFrr } from '../frr/apply.ts'
import { Observer } from '../frr/observer.ts'
import { whyNoLayer2 } from '../l2/machine.ts'
import { openL2 } from '../l2/responder.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { ControllerRole } from './controller-role.ts'
import { l2ExcludeFile, readExcludedInterfaces } from './excluded-interfaces.ts'
import { onlyFlags, UsageError } from './flags.ts'
import { openGossip } from './gossip.ts'
import { gossipFlags } from './gossip-flags.ts'
import type { Help } from './help.ts'
import { livezRoute } from './livez.ts'
import { openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { node, shared } from './role-flags.ts'
import { SpeakerRole } from './speaker-role.ts'

const FLAGS = { ...shared, ...node, l2ExcludeFile, ...gossipFlags }

export const help: Help = {
  usage: 'standalone --objects DIR [--node-name NAME] [flags]',
  about:
    'Controller and speaker in one process: gives the Services in a folder their addresses and announces them from this host, named by --node-name or else as the machine is.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  const log = openLog(flags.logLevel)
  if (flags.objects === '') throw new UsageError('say where the objects are: --objects DIR')
  await using opened = await openSource({ flags, log, role: 'speaker', signal })
  const { source } = opened
  const excluded = readExcludedInterfaces(flags.l2ExcludeFile)
  await using frr = await openFrr({ runDir: flags.frrRunDir, configDir: flags.frrConfigDir, log })
  // One pass is over before a session can be up.
  await using observer = flags.once ? undefined : new Observer({ runDir: flags.frrRunDir, log })
  await using l2 = await openL2({ excluded, log })
  const name = flags.nodeName || hostname()
  await using members = await openGossip({
    ...{ flags, node: name, client: opened.client, log, signal, whyNot: whyNoLayer2() },
  })
  const metrics = new Metrics({ controller: true, speaker: true })
  if (members) metrics.observeGossip(members)
  const roles = [
    new ControllerRole({ source, log, metrics }),
    new SpeakerRole({ ...flags, node: name }, { source, frr, observer, l2, members, log, metrics }),
  ]
  const livez = livezRoute(flags.frrRunDir)
  return await runRoles({ source, flags, log, metrics, roles, signal, livez })
}
