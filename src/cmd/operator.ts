// `ferrule operator`: installs and upgrades everything from the one MetalLB object of its namespace.
import { hostname } from 'node:os'
import type { Client } from '../kube/client.ts'
import { openEvents } from '../kube/events.ts'
import { openLease } from '../kube/lease.ts'
import { openRawCopies, type RawCopies } from '../kube/raw-copies.ts'
import { type Log, openLog } from '../log.ts'
import { readBaseWithoutDefinitions } from '../operator/base.ts'
import type { Given } from '../operator/installation.ts'
import { Loop } from '../reconciler/loop.ts'
import type { Routes } from '../status/routes.ts'
import { openServer } from '../status/server.ts'
import { FailureLog } from './failure-log.ts'
import { type FlagValues, onlyFlags, port, text, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { tlsOf } from './listening.ts'
import { clusterAccess } from './open-source.ts'
import { kindsToRead, slimmed } from './operator-kinds.ts'
import { OperatorRole } from './operator-role.ts'
import { collectAll, QuietMemory } from './quiet-memory.ts'
import { listening, shared } from './role-flags.ts'

const image = (whose: string, env: string) =>
  text(`Image ${whose} is to run.`, '', { env, value: 'IMAGE' })

const FLAGS = {
  kubeconfig: shared.kubeconfig,
  kubernetesHost: shared.kubernetesHost,
  kubernetesPort: shared.kubernetesPort,
  podName: text('Name of our own Pod, to lead under.', '', { env: 'POD_NAME', value: 'NAME' }),
  namespace: text('Namespace of the MetalLB object, and of all that is made for it.', '', {
    env: 'OPERATOR_NAMESPACE',
    value: 'NAME',
  }),
  controllerImage: image('the controller', 'CONTROLLER_IMAGE'),
  speakerImage: image('the speaker', 'SPEAKER_IMAGE'),
  frrImage: image('FRR', 'FRR_IMAGE'),
  imagePullSecrets: text('Secrets to pull them with: names with commas between.', '', {
    env: 'IMAGE_PULL_SECRETS',
    value: 'NAMES',
  }),
  memberlistPort: port("Port of the speakers' gossip.", 7946, { env: 'MEMBER_LIST_BIND_PORT' }),
  metricsPort: port('Port of their metrics.', 9120, { env: 'METRICS_PORT' }),
  healthPort: port('Port on which they tell their health.', 17472, {
    env: 'OPERAND_LIVENESS_PORT',
  }),
  tlsMinVersion: { ...listening.tlsMinVersion, env: ['TLS_MIN_VERSION'] },
  tlsCipherSuites: { ...listening.tlsCipherSuites, env: ['TLS_CIPHER_SUITES'] },
  tlsCurvePreferences: { ...listening.tlsCurvePreferences, env: ['TLS_CURVE_PREFERENCES'] },
  logLevel: shared.logLevel,
  port: port('Port for our own health, as plain HTTP; 0 serves nothing.', 8080),
  enableLeaderElection: truth('Accepted for MetalLB, without effect here: one always leads.'),
}
type OperatorFlags = FlagValues<typeof FLAGS>

export const help: Help = {
  usage: 'operator [flags]',
  about:
    'Makes controller, speakers and what belongs to them as the object MetalLB "metallb" of its namespace asks for, keeps them so, and writes into its status how they are.',
  flags: FLAGS,
}

/** MetalLB's operator takes the same one: of the two, one acts. */
const LEASE = 'metallb.io.metallboperator'

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const flags = onlyFlags(FLAGS, args)
  const given = givenBy(flags)
  const log = openLog(flags.logLevel)
  const access = await clusterAccess(flags)
  if (!access) throw new UsageError('say which cluster: --kubeconfig FILE; a Pod needs none')
  const { openClient } = await import('../kube/client.ts')
  await using stack = new AsyncDisposableStack()
  const client = stack.use(openClient(access))
  const changes = new Listeners()
  const lease = stack.use(openOperatorLease(client, flags, log, changes))
  const copies = stack.use(openCopies(client, given, log, changes))
  const events = stack.use(
    openEvents({
      ...{ client, component: 'metallb-operator' },
      onError: (error) => log.warn({ op: 'events', error }, 'events cannot be sent'),
    }),
  )
  const role = new OperatorRole({
    ...{ copies, given, log, base: readBaseWithoutDefinitions() },
    writing: { client, fence: lease },
    record: (told) => events.record(told),
    later: (ms) => void setTimeout(changes.tell, ms).unref(),
  })
  const failures = new FailureLog(log)
  using memory = new QuietMemory({ collect: collectAll() })
  const loop = new Loop({
    signal,
    pass: async () => {
      if (!copies.isReady) return
      memory.busy()
      await role.pass()
      failures.success()
    },
    onFailure: (failure) => failures.failure(failure),
  })
  changes.add(loop.markDirty)
  const { port } = flags
  const onError = (error: unknown) => log.error({ op: 'http', error }, 'a page failed')
  if (port !== 0) {
    stack.use(await openServer({ host: '', port, routes: healthOf(copies), onError }))
  }
  log.info({ op: 'startup', namespace: given.namespace }, 'running')
  await loop.run()
  log.info({ op: 'shutdown' }, 'ended; what is installed stays as it is')
  return 0
}

/** What cannot be right is said at the start, not by Pods that never come up. */
function givenBy(flags: OperatorFlags): Given {
  tlsOf(flags)
  for (const [name, variable] of [
    ['namespace', 'OPERATOR_NAMESPACE'],
    ['controllerImage', 'CONTROLLER_IMAGE'],
    ['speakerImage', 'SPEAKER_IMAGE'],
    ['frrImage', 'FRR_IMAGE'],
  ] as const) {
    if (flags[name] === '') throw new UsageError(`${variable} is not set`)
  }
  const pullSecrets = flags.imagePullSecrets.split(',').map((name) => name.trim())
  return { ...flags, pullSecrets: pullSecrets.filter(Boolean) }
}

class Listeners {
  readonly #all = new Set<() => void>()
  readonly tell = (): void => {
    for (const one of this.#all) one()
  }
  add(one: () => void): void {
    this.#all.add(one)
  }
}

function openOperatorLease(
  client: Client,
  { namespace, podName }: OperatorFlags,
  log: Log,
  changes: Listeners,
) {
  return openLease({
    ...{ client, namespace, name: LEASE, identity: podName || `${hostname()}-${process.pid}` },
    onChange: (isLeading) => {
      log.info({ op: 'lease', isLeading }, isLeading ? 'leading' : 'standing by')
      changes.tell()
    },
    onError: (error) => log.error({ op: 'lease', error }, 'cannot tell who leads'),
  })
}

function openCopies(client: Client, { namespace }: Given, log: Log, changes: Listeners) {
  return openRawCopies({
    ...{ client, kinds: kindsToRead(namespace), slim: slimmed, onChange: changes.tell },
    onError: (error) => log.error({ op: 'kube', error }, 'trouble with the API server'),
    onRecovered: (sentence) => log.info({ op: 'kube' }, sentence),
  })
}

/** Who stands by is ready, too: it has read all there is. */
const healthOf = (copies: RawCopies): Routes =>
  new Map([
    ['/healthz', { isOpen: true, answer: () => ({ text: 'ok\n' }) }],
    [
      '/readyz',
      {
        isOpen: true,
        answer: () =>
          copies.isReady ? { text: 'ok\n' } : { status: 503, text: 'not all has been read yet\n' },
      },
    ],
  ])
