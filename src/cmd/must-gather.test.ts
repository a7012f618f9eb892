// Secrets are planted in everything that is gathered of a node; nothing that is written holds one.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { execa } from 'execa'
import { temporaryFolder } from '../../test/support/folder.ts'
import { VtyServer } from '../frr/vty-server.ts'

const MAIN = join(import.meta.dirname, '../main.ts')
const SECRET = {
  conf: 'planted-in-frr-conf',
  running: 'planted-in-running-config',
  extras: 'planted-in-extras',
  plan: 'planted-in-the-plan',
  key: 'cGxhbnRlZC1pbi1hLXByaXZhdGUta2V5',
}
const CONF = `router bgp 64513\n neighbor 10.0.0.1 remote-as 64512\n neighbor 10.0.0.1 password ${SECRET.conf}\n`
const RUNNING = CONF.replace(SECRET.conf, SECRET.running)
const PLAN = JSON.stringify({
  speaker: {
    frr: { extras: `router bgp 1\n neighbor r password ${SECRET.extras}\n neighbor r timers 1 3` },
    peers: [{ name: 'r1', password: SECRET.plan }],
  },
})
const LOG = `said ${SECRET.conf}\nand ${SECRET.running}\nand ${SECRET.plan}\n-----BEGIN PRIVATE KEY-----\n${SECRET.key}\n-----END PRIVATE KEY-----\n`

const PAGES: Readonly<Record<string, string>> = {
  '/plan.json': PLAN,
  '/metrics': `up 1\n# ${SECRET.extras}\n`,
}

suite('gathering a node', () => {
  const folder = temporaryFolder({
    'etc/frr.conf': CONF,
    'etc/daemons': 'bgpd=yes\n',
    'etc/frr.log': LOG,
    'speaker.log': LOG,
  })
  const stack = new AsyncDisposableStack()
  let args: string[]
  before(async () => {
    mkdirSync(folder.path('run'))
    const override = (line: string): [string, number] =>
      line === 'show running-config' ? [RUNNING, 0] : [`answer to "${line}", ${SECRET.conf}\n`, 0]
    for (const daemon of ['bgpd', 'bfdd']) {
      stack.use(await VtyServer.open(folder.path(`run/${daemon}.vty`), { override }))
    }
    const server = createServer(({ url = '' }, response) => {
      response.statusCode = PAGES[url] === undefined ? 404 : 200
      response.end(PAGES[url] ?? 'no such page')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stack.defer(() => void server.close())
    const { port } = server.address() as AddressInfo
    args = [
      ...['must-gather', '--node', '--frr-run-dir', folder.path('run')],
      ...['--frr-config-dir', folder.path('etc'), '--health-probe-port', String(port)],
      ...['--log-file', folder.path('speaker.log')],
    ]
  })
  after(async () => {
    await stack.disposeAsync()
    folder[Symbol.dispose]()
  })

  test('it has everything, says what it could not have, and holds no secret', async () => {
    // One that takes what it is asked and says nothing.
    await using _ = await VtyServer.open(folder.path('run/zebra.vty'), { write: () => {} })
    const dir = folder.path('gathered')
    const { stderr } = await execa(process.execPath, [MAIN, ...args, '--dir', dir])
    assert.match(stderr, /\d+ files in .*gathered, \d+ could not be had; index\.txt lists them/)
    const files = textsIn(dir)
    for (const [path, what] of [
      ['node/frr/frr.conf', /neighbor 10\.0\.0\.1 password \*\*\*$/m],
      ['node/frr/daemons', /bgpd=yes/],
      ['node/frr/frr.log', /^said \*\*\*\nand \*\*\*/],
      ['node/frr/bgpd/show_running-config.txt', /neighbor 10\.0\.0\.1 password \*\*\*$/m],
      ['node/frr/bgpd/show_bgp_ipv4.txt', /answer to "show bgp ipv4", \*\*\*/],
      ['node/frr/bfdd/show_bfd_peer.txt', /answer to "show bfd peer"/],
      ['node/speaker/plan.json', /neighbor r password \*\*\*\\n neighbor r timers 1 3/],
      ['node/speaker/metrics.txt', /^up 1$/m],
      ['node/log.txt', /\[private key removed\]/],
      ['node/network/links.json', /"lo"/],
      ['node/versions.txt', /^ferrule \d/],
    ] as const) {
      assert.match(files.get(path) ?? `there is no ${path}`, what, path)
    }
    const index = files.get('index.txt')!
    assert.match(index, /^node\/speaker\/status\.json: .*404 no such page$/m)
    assert.match(index, /^node\/frr\/zebra: no answer from .* for 5 s: does the daemon hang\?$/m)
    assert.match(index, /^node\/frr\/vtysh\.conf: there is no /m)
    for (const path of files.keys()) {
      if (path !== 'index.txt') assert.ok(index.includes(path), `the index has ${path}`)
    }
    holdNone([...files.values()].join())
  })

  test('an archive on standard output has the same', async () => {
    const { stdout } = await execa(process.execPath, [MAIN, ...args, '--tar', '-'], {
      encoding: 'buffer',
    })
    const tar = gunzipSync(stdout).toString()
    assert.match(tar, /ferrule-must-gather-[\dT-]+\/node\/frr\/frr\.conf/)
    assert.match(tar, /neighbor 10\.0\.0\.1 password \*\*\*/)
    holdNone(tar)
  })

  test('a folder with something in it is left alone', async () => {
    const dir = folder.path('etc')
    const { exitCode, stderr } = await execa(process.execPath, [MAIN, ...args, '--dir', dir], {
      reject: false,
    })
    assert.equal(exitCode, 1)
    assert.match(stderr, /etc is not empty/)
  })
})

function textsIn(dir: string): Map<string, string> {
  const found = readdirSync(dir, { recursive: true, withFileTypes: true })
  const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  return new Map(files.map((path) => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]))
}

function holdNone(text: string): void {
  for (const [where, secret] of Object.entries(SECRET)) {
    assert.equal(text.includes(secret), false, `what was planted: ${where}`)
    const base64 = Buffer.from(secret).toString('base64')
    assert.equal(text.includes(base64), false, `what was planted, as base64: ${where}`)
  }
}
