// What the status page is told of a real FRR: a session that is up, why it went down, and that it is back.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Netns, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import type { StatusReport } from '../../src/status/status-report.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { fillWith, WholeNode } from './support/whole-node.ts'

for (const version of await frrVersions()) {
  suite(`the report of a speaker with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let netns: Netns
    before(async () => {
      assertThere(version)
      const net = stack.use(await openNet(uniquePrefix('page')))
      const dir = await mkdtemp(join(tmpdir(), 'ferrule-page-'))
      stack.defer(() => rm(dir, { recursive: true, force: true }))
      const node = stack.use(await WholeNode.open({ net, name: 'n1', dir, root: version.root }))
      await fillWith(node, 'web', 2)
      await node.start()
      netns = net.netns('n1-node')
    })
    after(() => stack.disposeAsync())

    const report = async () => {
      const url = 'http://127.0.0.1:9120/status.json'
      return JSON.parse(await netns.exec(['curl', '--silent', '--fail', url])) as StatusReport
    }
    /** Of the session, newest first. */
    const told = ({ changes }: StatusReport) =>
      changes.filter(({ topic }) => topic === 'session').map(({ text }) => text)

    test('all is well: up, and all is sent that shall be', async () => {
      await eventually(async () => {
        const { headline, speaker } = await report()
        assert.equal(
          `${headline.mood}: ${headline.text}`,
          'well: All is well: 1 of 1 sessions up, 2 addresses announced',
        )
        const [session] = speaker!.sessions.rows
        assert.deepEqual(
          [session!.sent, session!.wanted],
          [
            { 4: 2, 6: 0 },
            { 4: 2, 6: 0 },
          ],
        )
        assert.ok(session!.since! <= Date.now())
      })
    })

    test('a link that fails: which session, since when, and why', async () => {
      const started = Date.now()
      await netns.ip('link set eth0 down')
      await eventually(async () => {
        const all = await report()
        const { text, since, because } = all.headline
        assert.equal(text, '0 of 1 sessions up: router is down')
        assert.ok(because, 'FRR says why')
        assert.ok(since! >= started)
        assert.equal(told(all)[0], `down (${because})`)
        assert.deepEqual(all.speaker!.states.fault, 2)
      })
    })

    test('and back', async () => {
      await netns.ip('link set eth0 up')
      await eventually(async () => {
        const all = await report()
        assert.equal(all.headline.mood, 'well')
        assert.equal(told(all)[0], 'up')
      }, 30_000)
    })
  })
}
