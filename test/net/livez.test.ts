// `/livez` beside real FRR, with the watchdog that only FRR's own scripts start elsewhere.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { silentDaemons } from '../../src/frr/alive.ts'
import { type Frr, startFrr } from '../../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { endProcess, runInto } from '../../src/lab/process.ts'
import { until } from '../../src/lab/until.ts'
import { assertThere, type FrrVersion, frrVersions, skipOf } from './support/frr-versions.ts'

for (const version of await frrVersions()) {
  suite(`the daemons of ${version.name}`, { skip: skipOf(version) }, () => {
    test('all answer; one that hangs, one that was killed and one that never was are named', async () => {
      await using stack = new AsyncDisposableStack()
      const frr = await openFrr(version, stack)
      const silent = async () => [...(await silentDaemons(frr.runDir)).keys()]
      assert.deepEqual(await silent(), ['watchfrr'])

      await startWatchdog(frr, stack)
      assert.deepEqual(await silent(), [])

      await frr.kill('staticd', 'SIGKILL')
      assert.deepEqual(await silent(), ['staticd'])
      await frr.kill('bfdd', 'SIGSTOP')
      assert.deepEqual(await silent(), ['bfdd', 'staticd'])
      await frr.kill('bfdd', 'SIGCONT')
      await frr.start('staticd')
      assert.deepEqual(await silent(), [])
    })
  })
}

async function openFrr(version: FrrVersion, stack: AsyncDisposableStack): Promise<Frr> {
  assertThere(version)
  const net = stack.use(await openNet(uniquePrefix('livez')))
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-livez-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const netns = await net.addNetns('n1')
  const { root } = version
  const daemons = [...(root ? ['mgmtd'] : []), 'zebra', 'staticd', 'bgpd', 'bfdd']
  return stack.use(await startFrr({ netns, dir, daemons, ...(root ? { root } : {}) }))
}

/** It looks on and starts nothing. */
async function startWatchdog(frr: Frr, stack: AsyncDisposableStack): Promise<void> {
  const argv = ['/usr/lib/frr/watchfrr', '--dry', '-d', 'zebra', 'staticd', 'bgpd', 'bfdd']
  await runInto(join(frr.runDir, 'watchfrr.out'), frr.command(argv))
  const pid = await until('watchfrr runs', () => frr.pid('watchfrr'))
  stack.defer(() => endProcess(pid))
}
