// Who gets the metrics of a role in a cluster: a controller as a process, with the rights that the
// manifests give it, and callers with tokens that a real API server judges.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { until } from '../../src/lab/until.ts'
import { renewed } from '../../src/webhook/certs.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'
import { writeKubeconfig } from './support/access.ts'
import { signToken } from './support/account-token.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'
import { Gate } from './support/gate.ts'

const ROOT = join(import.meta.dirname, '../..')
const CONTROLLER = 'system:serviceaccount:metallb-system:controller'
const SERVED_AS = 'controller-monitor-service.metallb-system.svc'
const PATIENCE_MS = 60_000
/** What is kept for ten seconds is not asked for without a pause. */
const RARELY = { timeoutMs: PATIENCE_MS, everyMs: 200 }
const ACCOUNTS = `
apiVersion: v1
kind: Namespace
metadata: { name: monitoring }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: prometheus-k8s, namespace: monitoring }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: somebody, namespace: monitoring }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: leaving, namespace: monitoring }
`
const NOTHING = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const makeCertificate = () => renewed(Date.now(), NOTHING, SERVED_AS)

suite('who gets the metrics', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let gate: Gate
  let controller: ChildProcess
  let log = ''
  const ports = { https: 0, plain: 0, health: 0 }

  before(async () => {
    server = await startApiServer({ dir: folder.path('server'), users: [CONTROLLER] })
    await server.apply(await server.kubectl('kustomize', join(ROOT, 'manifests')))
    await server.apply(ACCOUNTS)
    const reader = join(ROOT, 'manifests/monitoring/metrics-reader.yaml')
    await server.kubectl('apply', '--server-side', '-f', reader)
    gate = await new Gate(Number(new URL(server.url).port)).open()
    await start()
  })
  after(async () => {
    controller?.kill('SIGTERM')
    if (controller?.exitCode === null) await once(controller, 'exit')
    await gate?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function start(): Promise<void> {
    const kubeconfig = folder.path('controller.kubeconfig')
    const access = await server.access(CONTROLLER)
    await writeKubeconfig(kubeconfig, { ...access, url: `https://127.0.0.1:${gate.port}` })
    for (const name of ['https', 'plain', 'health'] as const) ports[name] = await freePort()
    writeCertificate(makeCertificate())
    const flags = {
      ...{ kubeconfig, 'pod-name': 'one', 'webhook-mode': 'disabled', host: '127.0.0.1' },
      ...{
        port: ports.https,
        'metrics-plain-port': ports.plain,
        'health-probe-port': ports.health,
      },
      'metrics-cert-dir': folder.path('certificate'),
    }
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    controller = spawn(process.execPath, ['src/main.ts', 'controller', ...args], { cwd: ROOT })
    const keep = (chunk: Buffer) => {
      log += chunk
    }
    controller.stdout!.on('data', keep)
    controller.stderr!.on('data', keep)
    await eventually(async () => assert.equal((await ask('/readyz')).status, 200), PATIENCE_MS)
  }

  function writeCertificate(data: ReturnType<typeof makeCertificate>): void {
    folder.write('certificate/tls.crt', data['tls.crt'])
    folder.write('certificate/tls.key', data['tls.key'])
  }

  async function ask(path: string, token?: string) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const at = { host: '127.0.0.1', port: ports.https, path, headers, agent: false }
    const sent = request({ ...at, rejectUnauthorized: false }).end()
    const [response] = await once(sent, 'response')
    const certificate = (response.socket as TLSSocket).getPeerX509Certificate()!.toString()
    return { status: response.statusCode as number, text: await text(response), certificate }
  }

  const tokenOf = async (account: string, ...args: string[]) =>
    (await server.kubectl('create', 'token', account, '-n', 'monitoring', ...args)).trim()
  const uidOf = (account: string) =>
    server.kubectl('get', 'sa', account, '-n', 'monitoring', '-o', 'jsonpath={.metadata.uid}')
  const expiring = async (seconds: number) =>
    signToken(folder.path('server'), {
      ...{ namespace: 'monitoring', name: 'prometheus-k8s', uid: await uidOf('prometheus-k8s') },
      expires: Math.floor(Date.now() / 1000) + seconds,
    })

  test('Prometheus, with the ClusterRole of the manifests', async () => {
    const answer = await ask('/metrics', await tokenOf('prometheus-k8s'))
    assert.equal(answer.status, 200)
    assert.match(answer.text, /^metallb_k8s_client_config_loaded_bool /m)
  })

  test('its role is for metrics, not for the plan', async () => {
    const token = await tokenOf('prometheus-k8s')
    assert.equal((await ask('/plan.json', token)).status, 403)
  })

  for (const [who, token, status, says] of [
    ['nobody', async () => undefined, 401, /a token of the cluster is needed/],
    ['who makes up a token', async () => 'made-up', 401, /a token of the cluster/],
    ['an account without the right', () => tokenOf('somebody'), 403, /a ClusterRole must say so/],
    [
      'a token for somebody else than the API server',
      () => tokenOf('prometheus-k8s', '--audience=vault'),
      401,
      /a token of the cluster/,
    ],
    ['a token of our making that is good', () => expiring(3600), 200, /metallb_/],
    ['the same, expired', () => expiring(-60), 401, /a token of the cluster/],
  ] as const) {
    test(`${who}: ${status}`, async () => {
      const answer = await ask('/metrics', await token())
      assert.equal(answer.status, status)
      assert.match(answer.text, says)
    })
  }

  test('an account that was deleted is nobody any more', async () => {
    const token = await tokenOf('leaving')
    assert.equal((await ask('/metrics', token)).status, 403)
    await server.kubectl('delete', 'sa', 'leaving', '-n', 'monitoring')
    await until('nobody', async () => (await ask('/metrics', token)).status === 401, RARELY)
  })

  test('the plain port has metrics for whoever asks, as a guide has it', async () => {
    const at = `http://127.0.0.1:${ports.plain}`
    assert.equal((await fetch(`${at}/metrics`)).status, 200)
    assert.equal((await fetch(`${at}/plan.json`)).status, 404)
  })

  test('another certificate is served without a restart', async () => {
    const { certificate } = await ask('/healthz')
    const next = makeCertificate()
    writeCertificate(next)
    await eventually(async () => {
      assert.equal((await ask('/healthz')).certificate, next['tls.crt'])
    }, PATIENCE_MS)
    assert.notEqual(next['tls.crt'], certificate)
    assert.equal(controller.exitCode, null)
  })

  test('without the API server: whom it allowed just now, for a while; nobody else', async () => {
    const known = await tokenOf('prometheus-k8s')
    const other = await tokenOf('prometheus-k8s')
    assert.equal((await ask('/metrics', known)).status, 200)
    await gate.shut()
    const answers = await Promise.all([ask('/metrics', known), ask('/metrics', other)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 500],
    )
    assert.match(answers[1]!.text, /the API server could not be asked/)
    await until('over', async () => (await ask('/metrics', known)).status === 500, RARELY)
    assert.equal((await ask('/healthz')).status, 200)
    await gate.open()
    await until('back', async () => (await ask('/metrics', known)).status === 200, RARELY)
    assert.equal((await ask('/metrics', other)).status, 200)
  })

  test('the log says that it could not ask, and holds no token', async () => {
    assert.match(log, /cannot ask who may see the metrics/)
    assert.doesNotMatch(log, /ey[\w-]+\.ey|made-up/)
  })
})
