// The table of docs/images.md: every capability that a container is given, and what fails without it. Each
// row is tried.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Docker, openDocker } from '../../src/lab/docker.ts'
import { ensureImages } from '../../src/lab/images.ts'
import type { RunningPod } from '../../src/lab/pod-runner.ts'
import { eventually } from '../support/eventually.ts'
import { read } from '../support/source.ts'
import { skipWithoutDocker } from './support/container-images.ts'
import { capabilitiesOf, podWith, startAlone, without } from './support/image-pods.ts'

interface Row {
  readonly capability: string
  readonly container: 'speaker' | 'frr'
  readonly outcome: string
  /** What is said then, to the letter. */
  readonly said: string
}

const ROW = /^\| `([A-Z_]+)` \| (speaker|frr) \| [^|]+ \| ([^|]+): `([^|`]+)` \|$/gm

const rows: readonly Row[] = [...read('docs/images.md').matchAll(ROW)].map(
  ([, capability, container, outcome, said]) => ({
    capability: capability!,
    container: container as Row['container'],
    outcome: outcome!,
    said: said!,
  }),
)

const PATIENT_MS = 60_000

test('the table has every capability that the manifests give, and no other', () => {
  const given = (['speaker', 'frr'] as const).flatMap((container) =>
    capabilitiesOf(container).map((capability) => `${container} ${capability}`),
  )
  assert.deepEqual(
    rows.map(({ container, capability }) => `${container} ${capability}`).sort(),
    given.sort(),
  )
  assert.deepEqual(capabilitiesOf('controller'), [])
})

suite('without a capability', { skip: await skipWithoutDocker() }, () => {
  let docker: Docker
  before(async () => {
    docker = await openDocker((line) => console.log(line))
    await ensureImages(docker, (line) => console.log(line))
  })
  after(() => docker?.[Symbol.asyncDispose]())

  for (const row of rows.filter(({ container }) => container === 'frr')) {
    test(`${row.capability} for frr: ${row.outcome}`, async () => {
      const change = without(row.capability, 'frr')
      await using pod = await startAlone(docker, podWith('frr', change))
      const [named = ''] = row.outcome.split(' do not start')
      await eventually(async () => {
        const logs = await pod.logs('frr')
        // They count as down before they were tried, too.
        for (const daemon of named.split(', ')) {
          assert.ok(logs.includes(`Failed to start ${daemon}!`), logs)
        }
        assert.ok(logs.includes(row.said), logs)
        const states = await pod.exec('frr', ['vtysh', '-d', 'watchfrr', '-c', 'show watchfrr'])
        const down = [...states.matchAll(/^ {2}(\w+) +Down$/gm)].map(([, daemon]) => daemon)
        assert.equal(down.join(', '), named)
      }, PATIENT_MS)
      assert.equal((await pod.probe('frr')).alive, false, 'and the probe says so')
    })
  }

  for (const row of rows.filter(({ container }) => container === 'speaker')) {
    test(`${row.capability} for the speaker: ${row.outcome}`, async () => {
      const idle = { command: ['sleep', 'infinity'], args: [] }
      await using whole = await startAlone(docker, podWith('speaker', idle))
      assert.equal(await openPacketSocket(whole), 'opened')
      await using pod = await startAlone(
        docker,
        podWith('speaker', { ...idle, ...without(row.capability, 'speaker') }),
      )
      assert.equal(await openPacketSocket(pod), row.said)
    })
  }

  test('ping needs NET_RAW where the node lets no group do without', async () => {
    const idle = { command: ['sleep', 'infinity'], args: [] }
    const ping = ['ping', '-c1', '-n', '127.0.0.1']
    await using pod = await startAlone(
      docker,
      podWith('speaker', { ...idle, ...without('NET_RAW', 'speaker') }),
    )
    const range = await pod.exec('speaker', ['cat', '/proc/sys/net/ipv4/ping_group_range'])
    const [first, last] = range.split(/\s+/).map(Number)
    const hasZero = first! <= 0 && last! >= 0
    if (hasZero) assert.match(await pod.exec('speaker', ping), / 0% packet loss/)
    else await assert.rejects(pod.exec('speaker', ping), /Operation not permitted/)
  })
})

/** Through koffi, as the speaker does it; the reason in the kernel's words. */
async function openPacketSocket(pod: RunningPod): Promise<string> {
  const script = `
    const koffi = require('/app/dist/node_modules/koffi')
    const libc = koffi.load('libc.so.6')
    const socket = libc.func('int socket(int, int, int)')
    const strerror = libc.func('const char *strerror(int)')
    const [AF_PACKET, SOCK_RAW] = [17, 3]
    console.log(socket(AF_PACKET, SOCK_RAW, 0) < 0 ? strerror(koffi.errno()) : 'opened')`
  return await pod.exec('speaker', ['node', '--eval', script])
}
