// The program as people start it: the bundle that ships, which starts faster, and once the sources.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { execa } from 'execa'
import { eventually } from '../../test/support/eventually.ts'
import { serviceYaml, temporaryFolder } from '../../test/support/folder.ts'
import { freePort } from '../../test/support/free-port.ts'
import { buildBundle } from './build.ts'

const ROOT = join(import.meta.dirname, '../..')
const shipped = temporaryFolder()
const MAIN = shipped.path('dist/main.js')
before(async () => {
  await buildBundle(shipped.path('dist'))
  for (const name of ['templates', 'package.json']) {
    cpSync(join(ROOT, name), shipped.path(name), { recursive: true })
  }
})
after(() => shipped[Symbol.dispose]())

const POOL = `---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: pool}
spec: {addresses: [192.0.2.0/24]}
`
const SCRIPT = 'text/javascript; charset=utf-8'
const PEER = `---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: tor}
spec: {myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}
`
const BAD_PEER = PEER.replace('10.0.0.1}', '10.0.0.1, holdTime: 1x}')

/** Of whoever runs the tests: a kubeconfig, a Pod. */
const NO_CLUSTER = {
  ...{ METALLB_NAMESPACE: '', KUBECONFIG: '', KUBERNETES_SERVICE_HOST: '' },
  HOME: shipped.dir,
}

async function ferrule(args: readonly string[], main = MAIN) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
    ...{ cwd: '/', reject: false, env: NO_CLUSTER },
  })
  return { exitCode, stdout, stderr }
}

test('without a command it says which there are, and fails', async () => {
  const { exitCode, stderr } = await ferrule([])
  assert.equal(exitCode, 2)
  assert.match(stderr, /^ {2}controller +give addresses/m)
})

for (const [args, expected] of [
  [['--help'], /^Usage: ferrule COMMAND/],
  [['help'], /^Usage: ferrule COMMAND/],
  [['help', 'check'], /^Usage: ferrule check/],
  [['speaker', '-help'], /--node-name, --node NAME/],
  [['controller', '--once', '--help'], /--webhook-mode/],
  [['--version'], /^ferrule \d+\.\d+\.\d+$/],
] as const) {
  test(`asked kindly it answers: ${args.join(' ')}`, async () => {
    const { exitCode, stdout } = await ferrule(args)
    assert.equal(exitCode, 0)
    assert.match(stdout, expected)
  })
}

for (const [args, expected] of [
  [['chekc'], 'ferrule: unknown command "chekc"; did you mean "check"?'],
  [['check', '--object=x'], 'ferrule: unknown flag --object; did you mean --objects?'],
  [
    ['check'],
    'ferrule: say where the objects are: --objects DIR for a folder, --kubeconfig FILE for a cluster (there is no ~/.kube/config)',
  ],
  [['check', '--watch'], 'ferrule: --watch looks at files: --objects DIR'],
  [['explain', 'a', 'b'], 'ferrule: say what to explain: service NAMESPACE/NAME'],
  [['explain', 'service'], 'ferrule: say what to explain: service NAMESPACE/NAME'],
  [['speaker', '--objects', '/tmp'], 'ferrule: say which node this is: --node-name NAME'],
] as const) {
  test(`a mistake on the command line is named: ${args.join(' ')}`, async () => {
    assert.deepEqual(await ferrule(args), { exitCode: 2, stdout: '', stderr: expected })
  })
}

test('check groups what is wrong by object and fails; without problems it succeeds', async () => {
  using files = temporaryFolder({ 'a.yaml': `${POOL}${BAD_PEER}`, 'b.yaml': 'kind: [\n' })
  const bad = await ferrule(['check', '--objects', files.dir])
  assert.equal(bad.exitCode, 1)
  assert.match(
    bad.stdout,
    /^BGPPeer metallb-system\/tor\n {2}spec\.holdTime: "1x" is not a duration/m,
  )
  assert.match(bad.stdout, /^File b\.yaml\n {2}line \d+, column \d+: /m)
  assert.match(bad.stdout, /2 problems in 2 objects; 2 objects read$/)
  files.write('a.yaml', POOL)
  files.remove('b.yaml')
  const good = await ferrule(['check', '--objects', files.dir])
  assert.deepEqual(good, { exitCode: 0, stdout: 'no problems; 1 object read', stderr: '' })
})

test('check --watch looks again when a file changes, until it is interrupted', async () => {
  using files = temporaryFolder({ 'a.yaml': BAD_PEER })
  const child = spawn(process.execPath, [MAIN, 'check', '--watch', '--objects', files.dir])
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  const ended = once(child, 'exit')
  await eventually(() => assert.match(said, /1 problem in 1 object/))
  // Until it watches, an edit goes unseen; each of these is one.
  await eventually(() => {
    files.write('a.yaml', POOL)
    assert.match(said, /no problems; 1 object read/)
  })
  child.kill('SIGINT')
  assert.equal((await ended)[0], 0)
})

test('check --json lists the problems for machines', async () => {
  using files = temporaryFolder({ 'a.yaml': BAD_PEER })
  const { exitCode, stdout } = await ferrule(['check', '--json', '--objects', files.dir])
  assert.equal(exitCode, 1)
  const [problem, ...others] = JSON.parse(stdout)
  const { message, ...rest } = problem
  assert.deepEqual(others, [])
  assert.match(message, /not a duration/)
  assert.deepEqual(rest, {
    kind: 'BGPPeer',
    namespace: 'metallb-system',
    name: 'tor',
    path: 'spec.holdTime',
    code: 'invalid-duration',
  })
})

test('explain finds the Service by name or asks which was meant', async () => {
  using files = temporaryFolder({ 'a.yaml': `${POOL}${serviceYaml('web')}` })
  const explain = (name: string) => ferrule(['explain', '--objects', files.dir, name])
  const { stdout } = await explain('web')
  assert.match(stdout, /^Service default\/web\n\nAddress: 192\.0\.2\.0 from pool pool/)
  for (const [name, hint] of [
    ['wbe', 'did you mean "default/web"?'],
    ['shop/web', 'there is default/web'],
  ] as const) {
    const { exitCode, stderr } = await explain(name)
    assert.equal(exitCode, 2)
    assert.match(stderr, /^ferrule: no Service ".*" among the objects; /)
    assert.ok(stderr.endsWith(hint), stderr)
  }
})

test('controller --once gives addresses and ends', async () => {
  const service = serviceYaml('web', 'status: {}\n')
  using files = temporaryFolder({ 'a.yaml': `${POOL}${service}` })
  const { exitCode, stdout } = await ferrule(['controller', '--objects', files.dir, '--once'])
  assert.equal(exitCode, 0)
  assert.match(stdout, /"event":"IPAllocated","service":"default\/web"/)
  assert.ok(existsSync(files.path('.status/Service/default/web.yaml')))
})

test('standalone without FRR gives addresses, says what is missing, and ends when told', async () => {
  // Without a peer nothing would be wanted of FRR.
  using files = temporaryFolder({ 'a.yaml': `${POOL}${PEER}${serviceYaml('web')}` })
  mkdirSync(files.path('.run'))
  const dirs = ['--frr-run-dir', files.path('.run'), '--frr-config-dir', files.path('.run')]
  const args = ['standalone', '--objects', files.dir, '--node', 'n1', '--port', '0', ...dirs]
  const child = spawn(process.execPath, [MAIN, ...args])
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  try {
    await eventually(() => assert.match(log, /bgpd\.vty/))
    await eventually(() => assert.ok(existsSync(files.path('.status/Service/default/web.yaml'))))
    // A change ends the wait for FRR; the missing socket is not told again.
    files.write('b.yaml', serviceYaml('second'))
    await eventually(() => assert.ok(existsSync(files.path('.status/Service/default/second.yaml'))))
    assert.equal(log.match(/"op":"pass"/g)?.length, 1, log)
  } finally {
    child.kill('SIGTERM')
  }
  assert.equal(await ended, 0)
})

test('the bundle serves the page of its status', async () => {
  using files = temporaryFolder({ 'a.yaml': `${POOL}${serviceYaml('web')}` })
  const port = String(await freePort())
  const args = ['controller', '--objects', files.dir, '--port', port]
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`)
  try {
    const status = await eventually(async () => await (await get('/status.json')).text())
    assert.match(status, /"who":"controller"/)
    const page = await (await get('/')).text()
    const [, script] = /<script type="module" src="([^"]+)"/.exec(page) ?? []
    assert.equal((await get(`/${script}`)).headers.get('content-type'), SCRIPT)
  } finally {
    child.kill('SIGTERM')
  }
  assert.equal(await ended, 0)
})

test('the bundle finds its templates, wherever it is called from', async () => {
  using files = temporaryFolder({ 'a.yaml': BAD_PEER.replace('1x', '90s') })
  const { stdout } = await ferrule(['render', '--objects', files.dir, '--node', 'n1'])
  assert.match(stdout, /neighbor 10\.0\.0\.1 remote-as 64513/)
})

test('the sources run as they are', async () => {
  using files = temporaryFolder({ 'a.yaml': BAD_PEER })
  const source = join(ROOT, 'src/main.ts')
  const { exitCode, stdout } = await ferrule(['check', '--objects', files.dir], source)
  assert.equal(exitCode, 1)
  assert.match(stdout, /spec\.holdTime/)
})
