// How long a node goes on believing in a link that has gone silent: BFDProfile objects on the node, a
// router with the same timers, and the time from the cut until bgpd has given the session up. Asked
// every few milliseconds over bgpd's own socket; the time that cutting itself takes is in the numbers.
//   node test/net/bfd-measure.ts [rounds]
import { join } from 'node:path'
import { Vty } from '../../src/frr/vty.ts'
import { until } from '../../src/lab/until.ts'
import { BfdSite } from './support/bfd-site.ts'
import { type FrrVersion, frrVersions } from './support/frr-versions.ts'

const ROUNDS = Number(process.argv[2] ?? 10)
const PATIENCE = { timeoutMs: 30_000, everyMs: 3 }

for (const version of await frrVersions()) {
  for (const ms of [300, 50]) await measure(version, ms)
}

async function measure(version: FrrVersion, ms: number): Promise<void> {
  await using site = await BfdSite.open(version)
  await site.apply({ receiveInterval: ms, transmitInterval: ms, detectMultiplier: 3 }, [
    ...[`transmit-interval ${ms}`, `receive-interval ${ms}`, 'detect-multiplier 3'],
  ])
  await using vty = await Vty.open(join(site.node.frr.runDir, 'bgpd.vty'))
  await vty.request('enable')
  const isEstablished = async () =>
    /"bgpState":"Established"/.test((await vty.request('show bgp neighbors json')).text)
  const took: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await until('both sessions stand', () => site.isWatched(), PATIENCE)
    const start = performance.now()
    await site.cut()
    await until('BGP has given up', async () => !(await isEstablished()), PATIENCE)
    took.push(performance.now() - start)
    await site.heal()
  }
  took.sort((a, b) => a - b)
  const [p50, max] = [took[Math.floor((took.length - 1) / 2)]!, took.at(-1)!].map(Math.round)
  console.log(`${version.name}, ${ms} ms × 3, n=${took.length}: p50 ${p50} ms, max ${max} ms`)
}
