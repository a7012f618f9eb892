// Every malformed input dropped into the folder of a running node: it says what is wrong with which
// object, the neighbour hears nothing of it, and all is well again when the file is gone.
import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { startFrr } from '../../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { until } from '../../src/lab/until.ts'
import { startWitness } from '../../src/lab/witness.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { Hearing } from './support/hearing.ts'
import { Role } from './support/role-process.ts'

const MALFORMED = join(import.meta.dirname, '../malformed')
const STATE = '.status/ConfigurationState/metallb-system/speaker-n1.yaml'
const FILE = 'wrong.yaml'

// What the node does with a bad object does not depend on FRR's version; one is enough.
const [version] = await frrVersions()

suite('malformed objects in the folder of a running node', { skip: skipOf(version!) }, () => {
  const stack = new AsyncDisposableStack()
  let objects: string
  let hearing: Hearing
  let mark = 0

  before(async () => {
    assertThere(version!)
    const dir = await mkdtemp(join(tmpdir(), 'ferrule-malformed-'))
    stack.defer(() => rm(dir, { recursive: true }))
    objects = join(dir, 'objects')
    mkdirSync(objects)
    cpSync(join(MALFORMED, 'good'), objects, { recursive: true })
    hearing = await startNode(stack, dir, objects)
    await hearing.hears('192.0.2.0/32')
    await stateIs((text) => /result: Valid/.test(text))
    mark = hearing.mark()
  })
  after(() => stack.disposeAsync())

  const stateIs = (fits: (text: string) => boolean) => {
    const read = () => {
      const text = readFileSync(join(objects, STATE), 'utf8')
      return fits(text.replace(/\n\s+/g, ' ')) && text
    }
    return until('the speaker says so in its ConfigurationState', read, { timeoutMs: 10_000 })
  }

  for (const input of readdirSync(join(MALFORMED, 'inputs'))) {
    test(`${input} is told and disturbs nobody`, async () => {
      const text = readFileSync(join(MALFORMED, 'inputs', input), 'utf8')
      writeFileSync(join(objects, '.draft'), text)
      renameSync(join(objects, '.draft'), join(objects, FILE))
      const expected = [...text.matchAll(/^# expect: (.+)$/gm)].map(([, one]) => asTold(one!))
      await stateIs((state) => expected.every((one) => state.includes(one)))
      rmSync(join(objects, FILE))
      await stateIs((state) => /result: Valid/.test(state))
      assert.deepEqual(hearing.since(mark), [], 'the neighbour heard nothing')
    })
  }
})

/** `Kind ns/name path code`, as inputs expect it → as a status begins to say it. */
function asTold(expected: string): string {
  const [, kind, object, path] = /^(\S+) (\S+) (.+) \S+$/.exec(expected)!
  if (kind === 'File') return `File ${FILE} ${path}: `
  return `${kind} ${object!.replace(/^\//, '')}${path === '-' ? '' : ` ${path}`}: `
}

async function startNode(
  stack: AsyncDisposableStack,
  dir: string,
  objects: string,
): Promise<Hearing> {
  const net = await openNet(uniquePrefix('malf'))
  stack.defer(() => net[Symbol.asyncDispose]())
  const node = await net.addNetns('node')
  const router = await net.addNetns('router')
  await net.link(
    { netns: node, ifname: 'eth0', addresses: ['192.168.1.10/24'] },
    { netns: router, ifname: 'eth0', addresses: ['192.168.1.1/24'] },
  )
  const witness = stack.use(await startWitness({ netns: router, asn: 64512 }))
  const frr = stack.use(await startFrr({ netns: node, dir: join(dir, 'frr') }))
  const paths = ['--frr-run-dir', frr.runDir, '--frr-config-dir', frr.configDir]
  const args = ['standalone', '--objects', objects, '--node-name', 'n1', '--port', '0', ...paths]
  const role = new Role({ netns: node, dir, name: 'standalone', args })
  stack.defer(() => role.end())
  await role.start()
  return new Hearing(witness, '192.168.1.10')
}
