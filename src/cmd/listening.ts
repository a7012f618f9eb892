// Where a role listens, and who may see what there. Fed by a folder it is one address, plain. In a
// cluster there are three, as people who come from MetalLB know them:
//
//   --port                TLS     metrics and pages for who the API server says may see them
//   --metrics-plain-port  plain   metrics for whoever reaches it
//   --health-probe-port   plain   everything, but to this machine only
//
// How we are (/healthz and its like) is told at each of them, to everybody.
import { describe } from '../describe.ts'
import { reviewCaller } from '../kube/caller.ts'
import type { Client } from '../kube/client.ts'
import type { Log } from '../log.ts'
import { Callers } from '../status/callers.ts'
import { onlyLocal } from '../status/gate.ts'
import type { Routes } from '../status/routes.ts'
import { openServer, type ServerOptions, type StatusServer } from '../status/server.ts'
import { parseTlsFlags, type TlsSettings } from '../webhook/tls-settings.ts'
import { type FlagValues, UsageError } from './flags.ts'
import { openMetricsCertificate } from './metrics-certificate.ts'
import type { SharedFlags } from './open-source.ts'
import type { listening } from './role-flags.ts'

export type ListeningFlags = FlagValues<typeof listening>

export interface Listening {
  readonly flags: SharedFlags
  readonly routes: Routes
  readonly log: Log
  /** Absent: there is no API server to ask who may look. */
  readonly cluster?: ClusterListening | undefined
}

export interface ClusterListening {
  readonly client: Client
  readonly flags: ListeningFlags
  readonly tls: TlsSettings
  readonly role: 'controller' | 'speaker'
}

const LOOPBACK = '127.0.0.1'

export async function openListeners(listening: Listening): Promise<AsyncDisposable> {
  const { flags, routes, log, cluster } = listening
  await using stack = new AsyncDisposableStack()
  const onError = (error: unknown) => log.error({ op: 'http', error }, 'a page failed')
  const open = async (
    options: Omit<ServerOptions, 'onError'>,
  ): Promise<StatusServer | undefined> =>
    options.port === 0 ? undefined : stack.use(await openServer({ ...options, onError }))
  const plainHost = flags.host || LOOPBACK
  if (!cluster) {
    // On loopback a browser is the way in for who is elsewhere.
    const gate = flags.host === '' ? onlyLocal : undefined
    await open({ host: plainHost, port: flags.port, routes, gate })
  } else {
    const { metricsPlainPort, healthProbePort } = cluster.flags
    await openSecured(listening, cluster, stack, open)
    await open({ host: plainHost, port: metricsPlainPort, routes: metricsOf(routes) })
    // The kubelet asks a Pod that has an address of its own there, and one of the node's on loopback.
    const host = cluster.role === 'speaker' ? LOOPBACK : ''
    await open({ host, port: healthProbePort, routes, gate: onlyLocal })
  }
  return stack.move()
}

async function openSecured(
  { flags, routes, log }: Listening,
  { client, tls, role, flags: { metricsCertDir } }: ClusterListening,
  stack: AsyncDisposableStack,
  open: (options: Omit<ServerOptions, 'onError'>) => Promise<StatusServer | undefined>,
): Promise<void> {
  if (flags.port === 0) return
  const dnsName = `${role}-monitor-service.${flags.namespace}.svc`
  const certificate = stack.use(await openMetricsCertificate({ dir: metricsCertDir, dnsName, log }))
  const server = await open({
    ...{ host: flags.host, port: flags.port, routes },
    tls: { settings: tls, certificate: certificate.current },
    gate: callersOf(client, log).gate,
  })
  certificate.onChange((next) => server?.use(next))
}

const metricsOf = (routes: Routes): Routes =>
  new Map([...routes].filter(([path, { isOpen }]) => isOpen || path === '/metrics'))

function callersOf(client: Client, log: Log): Callers {
  let said = ''
  return new Callers({
    ask: (question) => reviewCaller(client, question),
    now: () => performance.now(),
    // Once for each reason, however many ask.
    onFailure: (error) => {
      const text = describe(error)
      if (text !== said) log.error({ op: 'http', error }, 'cannot ask who may see the metrics')
      said = text
    },
    onSuccess: () => {
      if (said !== '') log.info({ op: 'http' }, 'who may see the metrics can be asked again')
      said = ''
    },
  })
}

/** Settings, or the end: a server that is less safe than was asked for must not open. */
export function tlsOf(flags: {
  readonly tlsMinVersion: string
  readonly tlsCipherSuites: string
  readonly tlsCurvePreferences: string
}): TlsSettings {
  const tls = parseTlsFlags({
    minVersion: flags.tlsMinVersion,
    cipherSuites: flags.tlsCipherSuites,
    curvePreferences: flags.tlsCurvePreferences,
  })
  if (typeof tls === 'string') throw new UsageError(tls)
  return tls
}
