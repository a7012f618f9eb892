// `ferrule controller`: gives addresses to Services and says what is wrong with the configuration.
import { type Log, openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import type { Standing } from '../webhook/review.ts'
import { ControllerRole } from './controller-role.ts'
import { type FlagValues, onlyFlags } from './flags.ts'
import type { Help } from './help.ts'
import { ledBy } from './led-role.ts'
import { tlsOf } from './listening.ts'
import { type Opened, openSource } from './open-source.ts'
import { runRoles } from './role.ts'
import { gossipKey, listening, shared, unusedByController, webhook } from './role-flags.ts'
import { WebhookRunner } from './webhook-runner.ts'

const FLAGS = { ...shared, ...listening, ...webhook, ...gossipKey, ...unusedByController }

export const help: Help = {
  usage: 'controller [--objects DIR] [flags]',
  about:
    'Gives each Service of type LoadBalancer its addresses and writes them to its status. Writes the status of pools, too.',
  flags: FLAGS,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  const tls = tlsOf(flags)
  const log = openLog(flags.logLevel)
  const leads = flags.webhookMode !== 'onlywebhook'
  await using opened = await openSource({ flags, log, role: 'controller', leads, signal })
  const { source, leadership, record, client } = opened
  const metrics = new Metrics({ controller: true })
  metrics.observeLeadership(() => leads && leadership.isLeading)
  if (opened.traffic) metrics.observeApi(opened.traffic)
  const controller = ledBy(leadership, new ControllerRole({ source, log, metrics, record }))
  const roles = leads ? [controller] : []
  await using _key = leads ? await openGossipKey(flags, opened, log) : undefined
  const settings = {
    ...{ namespace: flags.namespace, secret: flags.webhookSecret },
    dnsName: `${flags.certServiceName}.${flags.namespace}.svc`,
    ...{ host: '', port: flags.webhookPort, tls },
    certDir: flags.disableCertRotation ? flags.certDir : undefined,
  }
  const serve =
    client && flags.webhookMode !== 'disabled'
      ? (standing: () => Standing) => new WebhookRunner({ client, settings, standing, log })
      : undefined
  const cluster = client && { client, flags, tls, role: 'controller' as const }
  return await runRoles({ source, flags, log, metrics, roles, signal, serve, cluster })
}

/** Of a cluster only; one pass is over before it could be made. */
async function openGossipKey(flags: FlagValues<typeof FLAGS>, opened: Opened, log: Log) {
  const { client, leadership } = opened
  const { namespace, mlSecretName: name, deployment, once } = flags
  if (!client || name === '' || once) return undefined
  const { openMemberlistSecret } = await import('../kube/memberlist-secret.ts')
  const key = openMemberlistSecret({
    ...{ client, fence: leadership, namespace, name, deployment },
    onMade: (how) =>
      log.info({ op: 'memberlist', secret: name, how }, 'made the Secret for gossip'),
    onError: (error) => log.error({ op: 'memberlist', error }, 'the Secret for gossip'),
  })
  leadership.onChange(key.look)
  return key
}
