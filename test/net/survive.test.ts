// With a thousand routes standing, everything goes wrong that goes wrong in practice: processes end, FRR
// dies, disks fill up, people make mistakes. No route that should stand may go, not for a moment.
import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { eventually } from '../support/eventually.ts'
import { peerText, poolText, serviceText } from '../support/many-services.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import {
  FILES,
  openStanding,
  ROUTES,
  servicesFile,
  servicesText,
} from './support/standing-routes.ts'
import { unnoticed } from './support/unnoticed.ts'
import { NEIGHBOUR, type WholeNode } from './support/whole-node.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

for (const version of await frrVersions()) {
  suite(`what costs no route, with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let node: WholeNode
    before(async () => {
      assertThere(version)
      node = await openStanding(version, stack)
    })
    after(() => stack.disposeAsync())

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      test(`the speaker ends by ${signal} and is started again, five times`, async () => {
        for (let round = 0; round < 5; round++) {
          await unnoticed(node, async () => {
            await node.speaker.kill(signal)
            await node.speaker.start()
          })
        }
      })
    }

    test('the controller ends by SIGKILL and is started again', async () => {
      await unnoticed(node, async () => {
        await node.controller.kill('SIGKILL')
        await node.controller.start()
      })
    })

    for (const [what, conf] of [
      ['with its file', undefined],
      ['with an empty file', ''],
    ] as const) {
      test(`bgpd is killed and started again ${what}: everything is back without help`, async (t) => {
        const path = join(node.frr.configDir, 'frr.conf')
        const text = await readFile(path, 'utf8')
        await node.frr.kill('bgpd', 'SIGKILL')
        await node.hearing.closed()
        if (conf !== undefined) await writeFile(path, conf)
        const started = performance.now()
        await node.frr.start('bgpd')
        await node.hearing.established()
        await node.hearing.counts(ROUTES)
        t.diagnostic(`${seconds(started)} s from the start of bgpd to ${ROUTES} routes`)
        await eventually(async () => assert.equal(await readFile(path, 'utf8'), text))
        await unnoticed(node, async () => {})
      })
    }

    test('all of FRR is killed and starts empty; a Service that came meanwhile is there, too', async (t) => {
      for (const daemon of node.frr.daemons) await node.frr.kill(daemon, 'SIGKILL')
      await node.hearing.closed()
      await writeFile(join(node.frr.configDir, 'frr.conf'), '')
      await node.write('late.yaml', serviceText('late', NEIGHBOUR.node))
      const prefix = `${await node.addressOf('late')}/32`
      const started = performance.now()
      await node.frr.startAll()
      await node.hearing.hears(prefix)
      await node.hearing.counts(ROUTES + 1)
      t.diagnostic(`${seconds(started)} s from the start of FRR to ${ROUTES + 1} routes`)
      await node.remove('late.yaml')
      await node.hearing.hearsWithdrawn(prefix)
      await unnoticed(node, async () => {})
    })

    test('bfdd is killed and started again: it has its profile without help', async () => {
      await node.write('bfd.yaml', BFD_PROFILE)
      const peer = peerText(NEIGHBOUR, { bfdProfile: 'fast' })
      await node.write('peer.yaml', peer)
      await eventually(async () => assert.match(await bfdConfig(node), /profile fast/))
      await node.frr.kill('bfdd', 'SIGKILL')
      await writeFile(join(node.frr.configDir, 'frr.conf'), '')
      await node.frr.start('bfdd')
      await eventually(async () => assert.match(await bfdConfig(node), /receive-interval 200/))
      await node.hearing.established()
      await node.hearing.counts(ROUTES)
      await node.write('peer.yaml', peerText(NEIGHBOUR))
      await node.remove('bfd.yaml')
      await eventually(async () => assert.doesNotMatch(await bfdConfig(node), /profile fast/))
      await unnoticed(node, async () => {})
    })

    test('the disk under frr.conf is full: routes follow at once, the file when it can', async () => {
      const { configDir } = node.frr
      const inside = (...argv: string[]) => node.speaker.inItsMounts(argv)
      await inside('mount', '-t', 'tmpfs', '-o', 'size=8k,mode=0755', 'tmpfs', configDir)
      const told = await node.speaker.tells(/its next start will not/)
      await node.write('full.yaml', serviceText('full', NEIGHBOUR.node))
      const prefix = `${await node.addressOf('full')}/32`
      await node.hearing.hears(prefix)
      await told.line()
      await inside('mount', '-o', 'remount,size=1m', configDir)
      const conf = join(configDir, 'frr.conf')
      await eventually(async () => assert.ok((await inside('cat', conf)).includes(prefix)), 30_000)
      await inside('umount', configDir)
      await node.remove('full.yaml')
      await node.hearing.hearsWithdrawn(prefix)
      await unnoticed(node, async () => {})
    })

    for (const [mistake, file, broken, names] of [
      [
        'a hold time FRR cannot keep',
        'peer.yaml',
        peerText(NEIGHBOUR, { holdTime: '1s' }),
        'holdTime',
      ],
      [
        'a pool that overlaps',
        'more.yaml',
        poolText('more', '198.18.7.0/24'),
        'IPAddressPool.*more',
      ],
      ['a peer that is no YAML', 'peer.yaml', `${peerText(NEIGHBOUR)}  myASN: [1`, 'peer.yaml'],
      ['Services that are no YAML', servicesFile(0), 'kind: [Service\n', servicesFile(0)],
    ] as const) {
      test(`a mistake is told and costs nothing: ${mistake}`, async () => {
        const path = join(node.objectsDir, file)
        const good = await readFile(path, 'utf8').catch(() => undefined)
        const problem = new RegExp(names, 's')
        await unnoticed(node, async () => {
          const told = await node.speaker.tells(problem)
          await node.write(file, broken)
          await told.line()
        })
        const { exitCode, stdout } = await check(node)
        assert.equal(exitCode, 1)
        assert.match(stdout, problem)
        await unnoticed(node, async () => {
          const solved = await node.speaker.tells(/problemSolved/)
          await (good === undefined ? node.remove(file) : node.write(file, good))
          await solved.line()
        })
        assert.match((await check(node)).stdout, /^no problems/)
      })
    }

    test('a thousand Services at once, written and removed', async (t) => {
      const started = performance.now()
      for (let at = 0; at < FILES; at++)
        await node.write(`burst-${at}.yaml`, servicesText('burst', at))
      await node.hearing.counts(2 * ROUTES)
      t.diagnostic(`${seconds(started)} s to ${ROUTES} more routes`)
      for (let at = 0; at < FILES; at++) await node.remove(`burst-${at}.yaml`)
      await node.hearing.counts(ROUTES)
      await unnoticed(node, async () => {})
    })

    test('the speaker is killed in the middle of a thousand changes: the next one completes them', async () => {
      const mark = node.hearing.mark()
      for (let at = 0; at < FILES; at++) {
        await node.write(`burst-${at}.yaml`, servicesText('burst', at))
        if (at === 0) await node.hearing.countsMoreThan(ROUTES)
      }
      await node.speaker.kill('SIGKILL')
      await node.speaker.start()
      await node.hearing.counts(2 * ROUTES)
      const withdrawn = node.hearing
        .since(mark)
        .filter((one) => one.event !== 'update' || one.withdrawn.length > 0)
      assert.deepEqual(withdrawn, [], 'no withdrawal, and the session stood')
      for (let at = 0; at < FILES; at++) await node.remove(`burst-${at}.yaml`)
      await node.hearing.counts(ROUTES)
      await unnoticed(node, async () => {})
    })

    test('the folder of objects is moved away and comes back', async () => {
      await unnoticed(node, async () => {
        const gone = await node.speaker.tells(/the folder is gone/)
        const back = await node.speaker.tells(/problemSolved/)
        await rename(node.objectsDir, `${node.objectsDir}-away`)
        await gone.line()
        await rename(`${node.objectsDir}-away`, node.objectsDir)
        await back.line()
      })
    })

    test('the folder of objects is empty where its disk was: another one is mounted there', async () => {
      await unnoticed(node, async () => {
        const gone = await node.speaker.tells(/the folder is gone/)
        const back = await node.speaker.tells(/problemSolved/)
        const roles = [node.controller, node.speaker]
        for (const role of roles)
          await role.inItsMounts(['mount', '-t', 'tmpfs', 'tmpfs', node.objectsDir])
        await lookAgain(node)
        await gone.line()
        for (const role of roles) await role.inItsMounts(['umount', node.objectsDir])
        await lookAgain(node)
        await back.line()
      })
    })
  })
}

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(2)

const BFD_PROFILE = `---
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata:
  name: fast
spec:
  receiveInterval: 200
`

const bfdConfig = ({ frr }: WholeNode) => frr.vtysh('show running-config bfdd')

const check = ({ objectsDir }: WholeNode) =>
  execa(process.execPath, [MAIN, 'check', '--objects', objectsDir], { reject: false })

/** A mount makes no event; a file as ConfigMaps have it makes the roles read all there is. */
const lookAgain = (node: WholeNode) => node.write('..data', '')
