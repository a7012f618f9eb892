// The case folders again, but to the end: the plan runs in a real FRR, and our own BGP receivers
// write down every byte of what the neighbours are told. `peers.yaml` says what that must be.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { worldOfFiles } from '../support/world-of-files.ts'
import { type Ear, Ears } from './support/ears.ts'
import { type Case, casesWithPeers } from './support/expectation.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { planOf } from './support/node.ts'
import { oneMoreOn, planAfterwards } from './support/one-more.ts'
import { type Seat, seatsOf } from './support/seats.ts'
import { type Stage, Stages } from './support/stages.ts'

// Neighbouring cases with the same routers keep their sessions.
const CASES = casesWithPeers()
  .filter(({ witness }) => witness === 'receiver')
  .sort((a, b) => (routersOf(a) < routersOf(b) ? -1 : 1))

function routersOf({ network, routers }: Case): string {
  const asns = Object.entries(routers).map(([name, { asn, sees }]) => [name, asn, sees.asn])
  return JSON.stringify([network, asns])
}

for (const version of await frrVersions()) {
  suite(`what neighbours hear from ${version.name}`, { skip: skipOf(version) }, () => {
    let stages: Stages
    const ears = new Map<Stage, Ears>()
    before(async () => {
      assertThere(version)
      stages = await Stages.open(version)
    })
    after(async () => {
      for (const one of ears.values()) await one[Symbol.asyncDispose]()
      await stages?.[Symbol.asyncDispose]()
    })
    for (const one of CASES) {
      test(one.name, async () => {
        const stage = await stages.on(one.network)
        const there = ears.get(stage) ?? new Ears()
        ears.set(stage, there)
        await playCase(one, stage, there)
      })
    }
  })
}

async function playCase(one: Case, { network, node }: Stage, ears: Ears): Promise<void> {
  const plan = planOf(worldOfFiles(...one.dirs))
  const seats = seatsOf(one, plan, network)
  // A router that is replaced under a standing session would be met by a node that backs off.
  if (ears.mustMove(seats)) await node.apply(planOf(worldOfFiles()))
  const listening: [Ear, Seat][] = []
  for (const seat of seats) listening.push([await ears.sit(seat), seat])

  await node.apply(plan)
  for (const [ear] of listening) await ear.hearsAll()
  assert.equal((await node.apply(plan)).kind, 'unchanged', 'a plan that runs is not sent again')

  await node.apply(planAfterwards(one.dirs))
  for (const [ear, { session }] of listening) {
    const rest = oneMoreOn(session.families)
    await ear.hearsOnly(rest)
    ear.saidNothingElse(rest)
  }
}
