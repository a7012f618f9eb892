// `ferrule speaker`: announces the addresses of Services from this node. When it ends, FRR goes on
// with what it has: an upgrade of ours must not cost a route.
import { openFrr } from '../frr/apply.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { onlyFlags, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { node, shared, unusedBySpeaker } from './role-flags.ts'
import { SpeakerRole } from './speaker-role.ts'

const FLAGS = { ...shared, ...node, ...unusedBySpeaker }

export const help: Help = {
  usage: 'speaker [--objects DIR] --node-name NAME [flags]',
  about:
    'Announces the addresses of Services from this node: configures FRR through its sockets, and says to whom each Service is announced. FRR may be started later, or restarted, at any time.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  if (flags.nodeName === '') throw new UsageError('say which node this is: --node-name NAME')
  const log = openLog(flags.logLevel)
  await using opened = await openSource({
    ...{ flags, log, role: 'speaker', host: flags.nodeName, signal },
  })
  const { source, record } = opened
  await using frr = await openFrr({ runDir: flags.frrRunDir, configDir: flags.frrConfigDir, log })
  const metrics = new Metrics({ speaker: true })
  const roles = [
    new SpeakerRole({ ...flags, node: flags.nodeName }, { source, frr, log, metrics, record }),
  ]
  return await runRoles({ source, flags, log, metrics, roles, signal })
}
