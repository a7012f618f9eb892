// `ferrule controller`: gives addresses to Services and says what is wrong with the configuration.
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import { ControllerRole } from './controller-role.ts'
import { onlyFlags } from './flags.ts'
import type { Help } from './help.ts'
import { ledBy } from './led-role.ts'
import { openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { shared, unusedByController } from './role-flags.ts'

const FLAGS = { ...shared, ...unusedByController }

export const help: Help = {
  usage: 'controller [--objects DIR] [flags]',
  about:
    'Gives each Service of type LoadBalancer its addresses and writes them to its status. Writes the status of pools, too.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  const log = openLog(flags.logLevel)
  await using opened = await openSource({ flags, log, role: 'controller' })
  const { source, leadership, record } = opened
  const metrics = new Metrics({ controller: true })
  const roles = [ledBy(leadership, new ControllerRole({ source, log, metrics, record }))]
  return await runRoles({ source, flags, log, metrics, roles, signal })
}
