import assert from 'node:assert/strict'
import test from 'node:test'
import { Takeovers } from './takeovers.ts'

type Plan = NonNullable<Parameters<Takeovers['note']>[1]>
const SECOND = 1_000

/** `a`: answered here; `b` after a colon: the node that is elected instead. */
const plan = (...services: string[]): Plan => {
  const rows = services.map((text) => text.split(':') as [string, string | undefined])
  const here = rows.filter(([, owner]) => owner === undefined)
  return {
    l2: { addresses: [], statuses: here.map(([service]) => ({ service, interfaces: [] })) },
    services: rows.map(([key, owner]) => {
      const l2 = owner ? { announce: false, because: 'otherOwner', owner } : { announce: true }
      return { key, l2 } as Plan['services'][number]
    }),
  }
}

function takeovers(areDecisive = false) {
  const told: string[] = []
  let now = 0
  const source = {
    removeRivals: async (_kind: string, { services }: { services: ReadonlySet<string> }) => {
      told.push([...services].join())
    },
  }
  const delay = async (ms: number) => told.push(`waits ${ms / SECOND} s`)
  const all = new Takeovers({ node: 'n1', source, areDecisive, delay, clock: () => now })
  return { all, told, later: (ms: number) => (now += ms) }
}

test('at the start, whatever is answered may be claimed by a node that died meanwhile', async () => {
  const { all, told } = takeovers()
  const first = plan('a', 'b:n2')
  all.note(first, undefined)
  await all.settle('ServiceL2Status', () => first)
  assert.deepEqual(told, ['a'])
})

test('later, what another node had; each once', async () => {
  const { all, told } = takeovers()
  const [before, after] = [plan('a', 'b:n2', 'c:n3'), plan('a', 'b', 'c:n3')]
  all.note(after, before)
  await all.settle('ServiceL2Status', () => after)
  await all.settle('ServiceL2Status', () => after)
  assert.deepEqual(told, ['b'])
})

test('what is not ours any more when it comes to it stays as it is', async () => {
  const { all, told } = takeovers()
  all.note(plan('b'), plan('b:n2'))
  await all.settle('ServiceL2Status', () => plan('b:n2'))
  assert.deepEqual(told, [])
})

for (const [what, areDecisive, lateMs, expected] of [
  ['others go by it, and it was written at once', true, SECOND, ['b']],
  ['others go by it, and it could not be written for long', true, SECOND + 1, ['waits 2 s', 'b']],
  ['nobody goes by it', false, 60 * SECOND, ['b']],
] as const) {
  test(`${what}: ${expected.join(', ')}`, async () => {
    const { all, told, later } = takeovers(areDecisive)
    all.note(plan('b'), plan('b:n2'))
    later(lateMs)
    await all.settle('ServiceL2Status', () => plan('b'))
    assert.deepEqual(told, expected)
  })
}
