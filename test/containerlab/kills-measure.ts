// How soon each router turns away from a node whose Pod or a part of it ends, and when it uses it again:
// `node test/containerlab/kills-measure.ts [ROUNDS] [--graceful-restart]` prints the table of README.md.
import { readSamples } from '../../src/lab/samples.ts'
import { type Fleet, openFleet } from './support/fleet.ts'
import { allUp } from './support/judging.ts'
import { KILLS, type Kill, type Sighting, sightings } from './support/kills.ts'

const flags = process.argv.slice(2)
const rounds = Number(flags.find((flag) => /^\d+$/.test(flag)) ?? 5)
const isGraceful = flags.includes('--graceful-restart')
const WHAT = { node: 'n1', prefix: '198.51.100.1' }

/** The demo's objects, with graceful restart towards both routers if asked for. */
async function objects() {
  const samples = await readSamples('demo')
  const peer = 'connectTime: 2s'
  return samples.map(({ file, text }) => ({
    file,
    text: isGraceful ? text.replaceAll(peer, `${peer}\n  enableGracefulRestart: true`) : text,
  }))
}

async function measure(fleet: Fleet): Promise<Map<Kill, Sighting[]>> {
  const seen = new Map<Kill, Sighting[]>()
  for (let round = 1; round <= rounds; round++) {
    // A Pod made anew, as the last two leave it, starts its containers without waiting.
    for (const how of Object.keys(KILLS) as Kill[]) {
      console.error(`round ${round} of ${rounds}: ${how}`)
      seen.set(how, [...(seen.get(how) ?? []), ...(await sightings(fleet, how, WHAT))])
    }
  }
  return seen
}

function print(seen: ReadonlyMap<Kill, readonly Sighting[]>): void {
  console.log('| what happens | router | session | route gone after | back after |')
  console.log('|---|---|---|---|---|')
  for (const [how, all] of seen) {
    for (const [router, some] of Map.groupBy(all, (one) => one.router)) {
      const dropped = some.filter((one) => one.hasDropped).length
      const session =
        dropped === 0 ? 'stood' : dropped === some.length ? 'new' : `new in ${dropped}`
      const cells = [how, router, session, range(some, 'lostMs'), range(some, 'backMs')]
      console.log(`| ${cells.join(' | ')} |`)
    }
  }
}

function range(some: readonly Sighting[], key: 'lostMs' | 'backMs'): string {
  const values = some.flatMap((one) => one[key] ?? []).sort((a, b) => a - b)
  if (values.length === 0) return key === 'lostMs' ? 'never' : ''
  const seconds = (ms: number | undefined) => ((ms ?? 0) / 1000).toFixed(1)
  const median = values[Math.floor(values.length / 2)]
  const often = values.length === some.length ? '' : `, in ${values.length} of ${some.length}`
  return `${seconds(median)} s (${seconds(values[0])} to ${seconds(values.at(-1))}${often})`
}

await using fleet = await openFleet({
  ...{ name: 'two-makes', samples: await objects() },
  say: (line) => console.error(line),
})
await allUp(fleet)
print(await measure(fleet))
