// `ferrule speaker`: announces the addresses of Services from this node. When it ends, FRR goes on
// with what it has: an upgrade of ours must not cost a route. On layer 2 another node takes over.
import { openFrr } from '../frr/apply.ts'
import { Observer } from '../frr/observer.ts'
import { whyNoLayer2 } from '../l2/machine.ts'
import { openL2 } from '../l2/responder.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { l2ExcludeFile, readExcludedInterfaces } from './excluded-interfaces.ts'
import { onlyFlags, UsageError } from './flags.ts'
import { openGossip } from './gossip.ts'
import { gossipFlags } from './gossip-flags.ts'
import type { Help } from './help.ts'
import { checkOwnership, l2Ownership, openOwnership, wordOf } from './layer2-ownership.ts'
import { tlsOf } from './listening.ts'
import { livezRoute } from './livez.ts'
import { openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { listening, node as nodeFlags, shared, unusedBySpeaker } from './role-flags.ts'
import { SpeakerRole } from './speaker-role.ts'

const FLAGS = {
  ...shared,
  ...listening,
  ...nodeFlags,
  l2ExcludeFile,
  l2Ownership,
  ...gossipFlags,
  ...unusedBySpeaker,
}

export const help: Help = {
  usage: 'speaker [--objects DIR] --node-name NAME [flags]',
  about:
    'Announces the addresses of Services from this node: configures FRR through its sockets, answers ARP and NDP where this node is elected to, and says to whom each Service is announced. FRR may be started later, or restarted, at any time.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  if (flags.nodeName === '') throw new UsageError('say which node this is: --node-name NAME')
  checkOwnership(flags)
  const tls = tlsOf(flags)
  const log = openLog(flags.logLevel)
  await using opened = await openSource({
    ...{ flags, log, role: 'speaker', host: flags.nodeName, signal },
  })
  const { source, record } = opened
  const excluded = readExcludedInterfaces(flags.l2ExcludeFile)
  await using frr = await openFrr({ runDir: flags.frrRunDir, configDir: flags.frrConfigDir, log })
  // One pass is over before a session can be up.
  await using observer = flags.once ? undefined : new Observer({ runDir: flags.frrRunDir, log })
  // Closed before FRR's sockets and the source are: from then on this node answers for nothing.
  await using l2 = await openL2({ excluded, log })
  const metrics = new Metrics({ speaker: true })
  if (opened.traffic) metrics.observeApi(opened.traffic)
  const node = flags.nodeName
  // Closed first of all: the others take over while this node still answers.
  await using members = await openGossip({
    ...{ flags, node, client: opened.client, log, signal, whyNot: whyNoLayer2() },
    word: wordOf(flags.l2Ownership),
  })
  await using ownership = openOwnership({ flags, client: opened.client, ring: members, log })
  if (members) metrics.observeGossip(members)
  const edges = { source, frr, observer, l2, members, ownership, log, metrics, record }
  const roles = [new SpeakerRole({ ...flags, node }, edges)]
  const { client } = opened
  const cluster = client && { client, flags, tls, role: 'speaker' as const }
  const livez = livezRoute(flags.frrRunDir)
  return await runRoles({ source, flags, log, metrics, roles, signal, livez, cluster })
}
