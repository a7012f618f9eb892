// BFD between real FRRs, the node's as BFDProfile and BGPPeer objects configure it. Hold times are so
// long that only BFD can end a session here. How fast it does is measured by bfd-measure.ts.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { BfdSite } from './support/bfd-site.ts'
import { frrVersions, skipOf } from './support/frr-versions.ts'

const PATIENCE_MS = 15_000

const intervals = (ms: number, multiplier: number): string[] => [
  ...[`transmit-interval ${ms}`, `receive-interval ${ms}`],
  `detect-multiplier ${multiplier}`,
]

for (const version of await frrVersions()) {
  suite(`BFD on ${version.name}`, { skip: skipOf(version) }, () => {
    for (const ms of [300, 50]) {
      test(`${ms} ms × 3: a link that only loses packets ends the session, and it comes back`, async () => {
        await using site = await BfdSite.open(version)
        const profile = { receiveInterval: ms, transmitInterval: ms, detectMultiplier: 3 }
        await site.apply(profile, intervals(ms, 3))
        await isUp(site)
        await site.cut()
        await isDown(site)
        await site.heal()
        await isUp(site)
      })
    }

    test('echo mode: echoes come back, and their end is seen before control packets are missed', async () => {
      await using site = await BfdSite.open(version)
      // Without echoes it would take three seconds.
      const slow = { receiveInterval: 1000, transmitInterval: 1000 }
      await site.apply({ ...slow, echoMode: true, echoInterval: 100 }, intervals(1000, 3))
      await isUp(site)
      const before = (await site.counters())?.['echo-packet-input'] ?? 0
      await eventually(async () => {
        const now = (await site.counters())?.['echo-packet-input'] ?? 0
        assert.ok(now > before + 5, `${now} echoes came back`)
      }, PATIENCE_MS)
      await site.cut()
      await isDown(site)
      assert.equal((await site.bfd())?.diagnostic, 'echo function failed')
    })

    test('passive mode: nothing is sent until the router begins', async () => {
      await using site = await BfdSite.open(version)
      await site.apply({ passiveMode: true }, ['passive-mode'])
      await eventually(async () => {
        // FRR 10 keeps the BGP session waiting for it, FRR 8.4 does not.
        const { 'passive-mode': isPassive, status } = (await site.bfd()) ?? {}
        assert.deepEqual([isPassive, status], [true, 'down'])
      }, PATIENCE_MS)
      // Registered by bgpd before the profile counts, it may have sent a first one.
      const sent = (await site.counters())?.['control-packet-output'] ?? 0
      assert.ok(sent <= 1, `${sent} packets sent`)
      await site.apply({ passiveMode: true }, ['no passive-mode'])
      await isUp(site)
    })

    test('several hops, to BIRD: up, down, up, and up again when FRR was restarted', async () => {
      await using site = await BfdSite.open(version, { multihop: true })
      await site.apply({ receiveInterval: 100, transmitInterval: 100, minimumTtl: 254 })
      await isUp(site)
      const { multihop, 'minimum-ttl': ttl } = (await site.bfd())!
      // FRR takes the profile, but of a session that BGP asks for BGP's own number of hops decides: two
      // machines forward here, and 254 would have allowed one.
      assert.deepEqual([multihop, ttl], [true, 1])
      await site.cut()
      await isDown(site)
      await site.heal()
      await isUp(site)
      // FRR 10 stays idle here when its file asks for BFD before it says that there are hops in between.
      await site.node.frr.stop()
      await site.node.frr.startAll()
      await isUp(site)
    })
  })
}

async function isUp(site: BfdSite): Promise<void> {
  await eventually(async () => {
    assert.ok(await site.isWatched(), JSON.stringify(await site.bgp()))
    assert.equal((await site.bfd())?.status, 'up')
  }, PATIENCE_MS)
}

/** The hold timer would say "Hold Timer Expired", and take 90 s. */
async function isDown(site: BfdSite): Promise<void> {
  await eventually(async () => {
    const { bgpState, lastNotificationReason } = (await site.bgp()) ?? {}
    assert.notEqual(bgpState, 'Established')
    assert.equal(lastNotificationReason, 'Cease/BFD Down')
  }, PATIENCE_MS)
}
