// Every way in which a password comes to a node, and everything that the roles write, print and serve:
// the one must not be in the other. Only frr.conf may hold it, and only FRR may read that.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { suite, test } from 'node:test'
import { execa } from 'execa'
import { Vty } from '../../src/frr/vty.ts'
import { type Net, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, type FrrVersion, frrVersions, skipOf } from './support/frr-versions.ts'
import { WholeNode } from './support/whole-node.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

/** Password → where somebody wrote it. All that FRR is to run come first. */
const TAKEN = ['hush-literal', 'hush-of-secret', 'hush-extras']
const NOT_TAKEN = [
  'hush-of-refused-peer',
  'hush with blanks',
  'hush-misplaced',
  'hush-under-a-misspelt-key',
  'hush-in-broken-yaml',
  'hush-of-another-secret',
  'hush-in-refused-extras',
]

const peer = (name: string, address: string, more: string): string => `---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: ${name}}
spec: {myASN: 64513, peerASN: 64512, peerAddress: ${address}, ${more}}
`

const secret = (name: string, key: string, password: string): string => `---
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: metallb-system}
type: kubernetes.io/basic-auth
data: {${key}: ${btoa(password)}}
`

const extras = (lines: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: bgpextras, namespace: metallb-system}
data:
  extras: |
    router bgp 64513
     ${lines}
`

const FILES = {
  'metallb.yaml':
    '{apiVersion: metallb.io/v1beta1, kind: MetalLB, metadata: {name: metallb}, spec: {logLevel: all}}\n',
  'peers.yaml': [
    peer('literal', '192.0.2.51', 'password: hush-literal'),
    peer('with-secret', '192.0.2.52', 'passwordSecret: {name: held}'),
    // FRR 8.4 refuses it, FRR 10 does not.
    peer('refused', '192.0.2.53', 'localASN: 64512, password: hush-of-refused-peer'),
    peer('blanks', '192.0.2.54', 'password: hush with blanks'),
    peer('misplaced', '192.0.2.55', 'passwordSecret: hush-misplaced'),
    peer('misspelt', '192.0.2.56', 'passwort: hush-under-a-misspelt-key'),
    peer('no-key', '192.0.2.57', 'passwordSecret: {name: other}'),
    secret('held', 'password', 'hush-of-secret'),
    secret('other', 'passphrase', 'hush-of-another-secret'),
  ].join(''),
  'broken.yaml': peer('broken', '192.0.2.58', 'password: [hush-in-broken-yaml'),
  'extras.yaml': extras(
    'neighbor 192.0.2.1 description hello\n     neighbor 192.0.2.59 remote-as 64999\n     neighbor 192.0.2.59 password hush-extras',
  ),
}

for (const version of await frrVersions()) {
  suite(`passwords on a node with ${version.name}`, { skip: skipOf(version) }, () => {
    test('nothing of ours prints one, and frr.conf is not for everybody', async () => {
      await using stack = new AsyncDisposableStack()
      const { net, node } = await openNode(version, stack)
      await eventually(async () => {
        const conf = await node.confText()
        for (const one of TAKEN) assert.ok(conf.includes(one), `FRR is to run ${one}`)
      }, 30_000)
      await refuses(node, /BGPPeer \S+no-key/)
      if (!version.root) await refuses(node, /FRR refused/)
      await debugFrr(node)

      // Text that FRR takes and then one that it does not.
      await node.write('extras.yaml', extras('neighbor 192.0.2.99 password hush-in-refused-extras'))
      await refuses(node, /bgpextras/)
      // What was known is removed again: the way back names it to FRR, and perhaps to us.
      await node.remove('peers.yaml')
      await eventually(async () => assert.ok(!(await node.confText()).includes('hush-literal')))

      const said = new Map([
        ...(await written(node)),
        ...(await served(net)),
        ...(await printed(node)),
        ['FRR at debugging', await readFile(join(node.frr.runDir, '../state/debug.log'), 'utf8')],
      ])
      for (const [where, text] of said) {
        assert.notEqual(text, '', `${where} says something`)
        for (const password of [...TAKEN, ...NOT_TAKEN]) {
          for (const form of [password, btoa(password), JSON.stringify(password)]) {
            assert.ok(!text.includes(form), `${where} shows ${password}: ${lineWith(text, form)}`)
          }
        }
      }
      const conf = await stat(join(node.frr.configDir, 'frr.conf'))
      const dir = await stat(node.frr.configDir)
      assert.deepEqual([conf.mode & 0o777, conf.uid, conf.gid], [0o640, dir.uid, dir.gid])
    })
  })
}

async function openNode(version: FrrVersion, stack: AsyncDisposableStack) {
  assertThere(version)
  const net = stack.use(await openNet(uniquePrefix('hush')))
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-hush-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const node = stack.use(await WholeNode.open({ net, name: 'n1', dir, root: version.root }))
  for (const [file, text] of Object.entries(FILES)) await node.write(file, text)
  await node.start()
  return { net, node }
}

/** FRR tells all it would tell somebody who reads its log, and some more. */
async function debugFrr({ frr }: WholeNode): Promise<void> {
  await using vty = await Vty.open(join(frr.runDir, 'bgpd.vty'))
  const lines = ['enable', 'configure terminal', 'log file /var/tmp/frr/debug.log debugging']
  for (const line of lines) assert.equal((await vty.request(line)).status, 0, line)
}

async function refuses(node: WholeNode, what: RegExp): Promise<void> {
  await eventually(async () => {
    const states = [...(await written(node))].filter(([path]) =>
      path.includes('ConfigurationState'),
    )
    assert.match(states.map(([, text]) => text).join(), what)
  }, 30_000)
}

/** Logs and statuses. */
async function written(node: WholeNode): Promise<[string, string][]> {
  const statuses = (await node.statusFiles()).filter((path) => !basename(path).startsWith('.'))
  return [
    ['log of the controller', await node.controller.log()],
    ['log of the speaker', await node.speaker.log()],
    ...(await Promise.all(
      statuses.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'utf8')]),
    )),
  ]
}

async function served(net: Net): Promise<[string, string][]> {
  const paths = ['/metrics', '/plan.json', '/status.json', '/readyz']
  return await Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const [file = '', ...args] = net
        .netns('n1-node')
        .command(['curl', '--silent', '--fail', `http://127.0.0.1:9120${path}`])
      return [path, (await execa(file, args)).stdout]
    }),
  )
}

/** What people type; `render` prints frr.conf, and is not among them. */
async function printed({ objectsDir }: WholeNode): Promise<[string, string][]> {
  const where = ['--objects', objectsDir]
  const commands = [
    ['check', ...where],
    ['plan', ...where, '--node', 'n1'],
    ['explain', ...where, '--node', 'n1'],
  ]
  return await Promise.all(
    commands.map(async (args): Promise<[string, string]> => {
      const { stdout, stderr } = await execa(process.execPath, [MAIN, ...args], { reject: false })
      return [args[0]!, stdout + stderr]
    }),
  )
}

const lineWith = (text: string, form: string): string =>
  text
    .split('\n')
    .find((line) => line.includes(form))
    ?.slice(0, 300) ?? ''
