// `ferrule controller`: gives addresses to Services and says what is wrong with the configuration.
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import type { Standing } from '../webhook/review.ts'
import { parseTlsFlags } from '../webhook/tls-settings.ts'
import { ControllerRole } from './controller-role.ts'
import { onlyFlags, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { ledBy } from './led-role.ts'
import { openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { shared, unusedByController, webhook } from './role-flags.ts'
import { WebhookRunner } from './webhook-runner.ts'

const FLAGS = { ...shared, ...webhook, ...unusedByController }

export const help: Help = {
  usage: 'controller [--objects DIR] [flags]',
  about:
    'Gives each Service of type LoadBalancer its addresses and writes them to its status. Writes the status of pools, too.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  const tls = parseTlsFlags({
    minVersion: flags.tlsMinVersion,
    cipherSuites: flags.tlsCipherSuites,
    curvePreferences: flags.tlsCurvePreferences,
  })
  if (typeof tls === 'string') throw new UsageError(tls)
  const log = openLog(flags.logLevel)
  await using opened = await openSource({ flags, log, role: 'controller' })
  const { source, leadership, record, client } = opened
  const metrics = new Metrics({ controller: true })
  const controller = ledBy(leadership, new ControllerRole({ source, log, metrics, record }))
  const roles = flags.webhookMode === 'onlywebhook' ? [] : [controller]
  const settings = {
    ...{ namespace: flags.namespace, secret: flags.webhookSecret, service: flags.certServiceName },
    ...{ host: '', port: flags.webhookPort, tls },
  }
  const serve =
    client && flags.webhookMode !== 'disabled'
      ? (standing: () => Standing) => new WebhookRunner({ client, settings, standing, log })
      : undefined
  return await runRoles({ source, flags, log, metrics, roles, signal, serve })
}
