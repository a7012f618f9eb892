// A cluster in which the operator runs as a process, with the rights of its account and no others: API
// server, controllers and scheduler are real, kubelets are paper, nodes are objects.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/free-port.ts'
import { ROOT } from '../../support/source.ts'
import { type ApiServer, startApiServer } from './api-server.ts'
import { startControllerManager } from './controller-manager.ts'
import { addNodes } from './nodes.ts'
import { startPaperKubelet } from './paper-kubelet.ts'
import { startScheduler } from './scheduler.ts'

export const OWN = 'metallb-system'
export const ACCOUNT = `system:serviceaccount:${OWN}:metallb-operator`
const PATIENCE_MS = 60_000

export const INSTALLATION = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'MetalLB',
  metadata: { name: 'metallb', namespace: OWN },
}

export interface OperatedCluster extends AsyncDisposable {
  readonly server: ApiServer
  /** What the operator of the moment has logged. */
  readonly log: readonly string[]
  /** One more on top of what `manifests/operator` says. */
  start(name: string, ...flags: string[]): Promise<void>
  stop(name: string): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a shape of its own.
  get(...what: string[]): Promise<any>
}

/** With definitions and rights, and without an operator. */
export async function startOperatedCluster(dir: string): Promise<OperatedCluster> {
  await using stack = new AsyncDisposableStack()
  const flags = await auditFlags(dir)
  const server = stack.use(await startApiServer({ dir, users: [ACCOUNT], flags }))
  await prepare(server)
  stack.use(await startControllerManager(server))
  stack.use(await startScheduler(server))
  stack.use(await startPaperKubelet(server, { namespace: OWN, alone: [] }))
  await addNodes(
    server,
    ['n1', 'n2', 'n3'].map((name, at) => ({
      ...{ name, address: `192.0.2.${11 + at}` },
      labels: { rack: at < 2 ? 'left' : 'right' },
    })),
  )
  const operators = new Map<string, ChildProcess>()
  stack.defer(async () => {
    await Promise.all([...operators.values()].map(end))
  })
  const log: string[] = []
  const open = stack.move()
  return {
    ...{ server, log },
    start: async (name, ...flags) => {
      operators.set(name, await startOperator(server, { name, flags, log }))
    },
    stop: async (name) => {
      const one = operators.get(name)
      operators.delete(name)
      if (one) await end(one)
    },
    get: async (...what) =>
      JSON.parse(await server.kubectl('get', '-n', OWN, ...what, '-o', 'json')),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** What the operator asks for is written down. */
async function auditFlags(dir: string): Promise<string[]> {
  await mkdir(dir, { recursive: true })
  const policy = {
    ...{ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'] },
    rules: [{ level: 'Metadata', users: [ACCOUNT] }, { level: 'None' }],
  }
  await writeFile(join(dir, 'audit.yaml'), JSON.stringify(policy))
  return ['--audit-policy-file=audit.yaml', `--audit-log-path=${AUDIT_LOG}`]
}

const AUDIT_LOG = 'audit.log'

export interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly name: string
}

/** Every request that the operator has made; one that made an object counts as a create, too. */
export async function askedFor(server: ApiServer): Promise<Asked[]> {
  const lines = (await readFile(join(server.dir, AUDIT_LOG), 'utf8')).split('\n').filter(Boolean)
  return lines.flatMap((line): Asked[] => {
    const { verb, objectRef, responseStatus } = JSON.parse(line)
    const { apiGroup = '', resource, subresource, name = '' } = objectRef
    const whole = subresource ? `${resource}/${subresource}` : resource
    const asked = { verb, group: apiGroup, resource: whole, name }
    const isMade = verb === 'patch' && responseStatus?.code === 201
    return isMade ? [asked, { ...asked, verb: 'create' }] : [asked]
  })
}

/** All that is installed with the operator, but for its own Pod: here it is a process. */
async function prepare(server: ApiServer): Promise<void> {
  await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/operator.yaml'))
  await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
  const own = ['deployment', 'metallb-operator-controller-manager']
  await server.kubectl('delete', '-n', OWN, ...own)
}

interface Started {
  readonly name: string
  readonly flags: readonly string[]
  readonly log: string[]
}

async function startOperator(server: ApiServer, { name, flags, log }: Started) {
  const { kubeconfig } = await server.access(ACCOUNT)
  const port = await freePort()
  const args = ['src/main.ts', 'operator', `--port=${port}`, `--pod-name=${name}`, ...flags]
  const env = {
    ...{ PATH: process.env.PATH, KUBECONFIG: kubeconfig, OPERATOR_NAMESPACE: OWN },
    ...{ CONTROLLER_IMAGE: 'registry.example:5000/ferrule:v1' },
    ...{ SPEAKER_IMAGE: 'registry.example:5000/ferrule:v1' },
    FRR_IMAGE: 'registry.example:5000/ferrule-frr:v1',
  }
  const child = spawn(process.execPath, args, {
    ...{ cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] },
  })
  createInterface({ input: child.stdout! }).on('line', (line) => log.push(line))
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the operator ended: ${log.slice(-3).join('\n')}`)
    const { status } = await fetch(`http://127.0.0.1:${port}/readyz`)
    if (status !== 200) throw new Error(`not ready: ${status}`)
  }, PATIENCE_MS)
  return child
}

/** Told to end, and gone when this is over. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
