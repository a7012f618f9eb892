// The log level of real FRR while a session stands: it follows what the speaker is told, in every daemon,
// and the neighbour hears nothing of it.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { DEBUG_LINES, logLinesIn } from '../../src/frr/log-lines.ts'
import { Vty } from '../../src/frr/vty.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, type FrrVersion, frrVersions, skipOf } from './support/frr-versions.ts'
import { unnoticed } from './support/unnoticed.ts'
import { WholeNode } from './support/whole-node.ts'

const DAEMONS = ['zebra', 'bgpd', 'bfdd'] as const

for (const version of await frrVersions()) {
  suite(`log level of ${version.name}`, { skip: skipOf(version) }, () => {
    test('up and down while a session stands; a daemon that restarts keeps it', async () => {
      await using stack = new AsyncDisposableStack()
      const node = await openNode(version, stack)
      await logsAt(node, 'informational')

      await unnoticed(node, async () => {
        await node.write('metallb.yaml', metalLb('debug'))
        await logsAt(node, 'debugging')
      })
      assert.match(await node.confText(), /^log stdout debugging$/m)
      await node.frr.kill('bfdd', 'SIGKILL')
      await node.frr.start('bfdd')
      await logsAt(node, 'debugging')

      await unnoticed(node, async () => {
        await node.write('metallb.yaml', metalLb('error'))
        await logsAt(node, 'errors')
      })
      // A value nobody knows is told, and the last good one stays.
      await node.write('metallb.yaml', metalLb('loud'))
      await eventually(async () =>
        assert.match(await stateOf(node), /MetalLB metallb.*spec\.logLevel/),
      )
      await logsAt(node, 'errors')

      await node.remove('metallb.yaml')
      await logsAt(node, 'informational')
    })

    test('a speaker that comes back with another level tells FRR, and the neighbour nothing', async () => {
      await using stack = new AsyncDisposableStack()
      const node = await openNode(version, stack)
      await logsAt(node, 'informational')
      await node.frr.vtysh('configure terminal', 'debug bgp keepalives', 'log stdout debugging')
      await unnoticed(node, async () => {
        await node.speaker.kill('SIGKILL')
        await node.speaker.start()
        await logsAt(node, 'informational')
      })
    })
  })
}

async function openNode(version: FrrVersion, stack: AsyncDisposableStack): Promise<WholeNode> {
  assertThere(version)
  const net = stack.use(await openNet(uniquePrefix('loglvl')))
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-log-level-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const node = stack.use(await WholeNode.open({ net, name: 'n1', dir, root: version.root }))
  await node.start()
  return node
}

const metalLb = (logLevel: string): string =>
  `apiVersion: metallb.io/v1beta1\nkind: MetalLB\nmetadata: {name: metallb}\nspec: {logLevel: ${logLevel}}\n`

/** All daemons, each with the debug lines that are its own. */
async function logsAt({ frr }: WholeNode, level: string): Promise<void> {
  for (const daemon of DAEMONS) {
    await using vty = await Vty.open(join(frr.runDir, `${daemon}.vty`))
    await eventually(async () => {
      const { text: logging } = await vty.request('show logging')
      assert.match(logging, new RegExp(`^Stdout logging: level ${level}$`, 'm'), daemon)
      await vty.request('enable')
      const { text } = await vty.request('show running-config')
      const { debug } = logLinesIn(text)
      assert.deepEqual(
        [...debug].sort(),
        level === 'debugging' ? DEBUG_LINES[daemon].toSorted() : [],
      )
    })
  }
}

async function stateOf(node: WholeNode): Promise<string> {
  const paths = (await node.statusFiles()).filter((path) => path.includes('ConfigurationState'))
  return (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join()
}
