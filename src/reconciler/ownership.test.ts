import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Given, l2Ad, node, pool, service, slice, world } from '../../test/support/build.ts'
import { decideL2, type L2Decision, type L2World } from './announce-l2.ts'
import { AnnouncementMemo, announcementsOf } from './announcements.ts'
import type { Holders, Ownership } from './ownership.ts'

/** The hash elects n3 for it, without n3 it elects n2. */
const IP = '192.0.2.4'
const POOL = pool('p', ['192.0.2.0/24'])
const ALL = l2Ad('all')
const NODES = ['n1', 'n2', 'n3']
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }

const endpointsOn = (nodes: readonly string[]) =>
  nodes.map((nodeName, at) => ({ nodeName, addresses: [`10.1.0.${at + 1}`] }))

interface Web {
  readonly ip?: string
  /** Policy Local, with endpoints on these. */
  readonly local?: readonly string[]
}

function web(name: string, { ip = IP, local }: Web = {}): Given[] {
  const spec = local ? { externalTrafficPolicy: 'Local' } : {}
  return [service(name, spec, { ips: [ip] }), slice(name, endpointsOn(local ?? ['n1']))]
}

/** A node `n1@5` holds it since 5. */
const heldBy = (holding: Readonly<Record<string, readonly string[]>>): Holders =>
  new Map(
    Object.entries(holding).map(([name, nodes]) => {
      const since = nodes
        .map((text) => text.split('@'))
        .map(([of = '', at = 0]) => [of, +at] as const)
      return [`default/${name}`, new Map(since)]
    }),
  )

interface Situation {
  readonly config?: readonly Given[]
  readonly nodes?: Given[]
  readonly services?: Given[]
  readonly members?: readonly string[]
  readonly mode?: Ownership['mode']
  readonly holding?: Readonly<Record<string, readonly string[]>>
}

function worldIn(situation: Situation): L2World {
  const { config = [ALL], nodes = NODES.map((name) => node(name)), holding = {} } = situation
  const { services = web('web'), members = NODES, mode = 'sticky' } = situation
  return {
    ...world([POOL, ...config, ...nodes, ...services]),
    ...{ node: '', hostname: '', ignoreExcludeLb: false, logLevel: 'info' },
    ...{ members: new Set(members), ownership: { mode, holders: heldBy(holding) } },
  }
}

const on = (base: L2World, name: string): L2World => ({ ...base, node: name, hostname: name })

/** `yes`, or why not and who instead. */
const told = (decision: L2Decision): string =>
  decision.announce ? 'yes' : [decision.because, decision.owner].filter(Boolean).join(' ')

function toldOf(situation: Situation, name = 'web'): string[] {
  const base = worldIn(situation)
  const one = base.services.get(`default/${name}`)!
  return NODES.map((node) => told(decideL2(on(base, node), one)))
}

const preferring = (name: string) =>
  l2Ad('preferring', { preferredNodeSelectors: [{ weight: 1, preference: hostname(name) }] })
const only = (...names: string[]) => l2Ad('only', { nodeSelectors: names.map(hostname) })
function hostname(name: string) {
  return { matchLabels: { 'kubernetes.io/hostname': name } }
}

const ELECTED = ['otherOwner n3', 'otherOwner n3', 'yes']
for (const [name, situation, expected] of [
  ['nobody holds it: the hash', {}, ELECTED],
  [
    'it stays with who holds it',
    { holding: { web: ['n1'] } },
    ['yes', 'otherHolder n1', 'otherHolder n1'],
  ],
  [
    'its holder is dead',
    { holding: { web: ['n1'] }, members: ['n2', 'n3'] },
    ['speakerNotAlive n3', 'otherOwner n3', 'yes'],
  ],
  [
    'its holder may not stand any more',
    { holding: { web: ['n1'] }, nodes: [node('n1', EXCLUDED), node('n2'), node('n3')] },
    ['nodeLabeledExcludeBalancers n3', 'otherOwner n3', 'yes'],
  ],
  [
    'no advertisement includes its holder any more',
    { holding: { web: ['n1'] }, config: [only('n2', 'n3')] },
    ['notOwner n3', 'otherOwner n3', 'yes'],
  ],
  [
    'a preference comes first',
    { holding: { web: ['n1'] }, config: [preferring('n2')] },
    ['otherOwner n2', 'yes', 'otherOwner n2'],
  ],
  [
    'Local: its holder has no endpoint any more',
    { holding: { web: ['n1'] }, services: web('web', { local: ['n2', 'n3'] }) },
    ['noLocalEndpoints n3', 'otherOwner n3', 'yes'],
  ],
  [
    'Local: its holder has one',
    { holding: { web: ['n2'] }, services: web('web', { local: ['n2', 'n3'] }) },
    ['noLocalEndpoints n2', 'yes', 'otherHolder n2'],
  ],
  [
    'of two that hold it the hash chooses one',
    { holding: { web: ['n1', 'n2'] } },
    ['otherHolder n2', 'yes', 'otherHolder n2'],
  ],
  [
    'of two that hold it the one that does so longer keeps it',
    { holding: { web: ['n2@8', 'n1@7'] } },
    ['yes', 'otherHolder n1', 'otherHolder n1'],
  ],
  [
    'who holds it longest may not stand any more',
    { holding: { web: ['n1@7', 'n2@8'] }, config: [only('n2', 'n3')] },
    ['notOwner n2', 'yes', 'otherHolder n2'],
  ],
  [
    'of two that hold it one is dead',
    { holding: { web: ['n1', 'n2'] }, members: ['n1', 'n3'] },
    ['yes', 'speakerNotAlive n1', 'otherHolder n1'],
  ],
  ['a Service of another name is held', { holding: { other: ['n1'] } }, ELECTED],
] as [string, Situation, string[]][]) {
  test(`an address stays where it is answered: ${name}`, () => {
    assert.deepEqual(toldOf(situation), expected)
  })
}

test('who holds one Service of an address holds it for all of them', () => {
  const services = [...web('a'), ...web('b')]
  const held = ['yes', 'otherHolder n1', 'otherHolder n1']
  for (const name of ['a', 'b']) {
    assert.deepEqual(toldOf({ services, holding: { b: ['n1'] } }, name), held)
  }
})

const ips = (count: number) => Array.from({ length: count }, (_, at) => `192.0.2.${at + 1}`)
const webs = (count: number, options: Web = {}): Given[] =>
  ips(count).flatMap((ip, at) => web(`web-${at + 1}`, { ip, ...options }))

/** Service → its owner, once all nodes have named the same one and no other says it is. */
function ownersIn(base: L2World): Map<string, string | undefined> {
  const decided = NODES.map((name) => announcementsOf(on(base, name), new AnnouncementMemo()))
  return new Map(
    [...base.services.values()].map((one, at) => {
      const said = decided.map((by, index) => {
        const l2 = by[at]!.l2!
        return l2.announce ? NODES[index] : l2.owner
      })
      assert.equal(new Set(said).size, 1, `all nodes name one owner: ${said}`)
      const answering = decided.filter((by) => by[at]!.l2!.announce)
      assert.equal(answering.length, said[0] === undefined ? 0 : 1)
      return [one.metadata.name, said[0]]
    }),
  )
}

function counts(owners: Iterable<string | undefined>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const owner of owners) found[owner ?? ''] = (found[owner ?? ''] ?? 0) + 1
  return found
}

test('a spread gives every node its share of what nobody holds', () => {
  const services = webs(30)
  const hash = counts(ownersIn(worldIn({ services })).values())
  assert.notDeepEqual(hash, { n1: 10, n2: 10, n3: 10 })
  const spread = counts(ownersIn(worldIn({ services, mode: 'spread' })).values())
  assert.deepEqual(spread, { n1: 10, n2: 10, n3: 10 })
})

test('a spread moves nothing that is held, and fills up those that have less', () => {
  const holding = Object.fromEntries(ips(5).map((_, at) => [`web-${at + 1}`, ['n1']]))
  const owners = ownersIn(worldIn({ services: webs(9), mode: 'spread', holding }))
  assert.deepEqual(counts(owners.values()), { n1: 5, n2: 2, n3: 2 })
  for (const name of Object.keys(holding)) assert.equal(owners.get(name), 'n1')
})

test('where few may stand their share is counted apart, so that it cannot displace another', () => {
  // The hash elects n3 for both; counted together, whichever came first would be its share.
  const services = [...web('anywhere'), ...web('here', { ip: '192.0.2.9', local: ['n3'] })]
  const before = ownersIn(worldIn({ services, mode: 'spread' }))
  const after = ownersIn(worldIn({ services, mode: 'spread', holding: { here: ['n3'] } }))
  assert.deepEqual(after, before)
  assert.deepEqual(counts(after.values()), { n3: 2 })
})

const LOCALS = [undefined, undefined, ['n1'], ['n1', 'n2'], ['n2', 'n3'], NODES, [] as string[]]
const CONFIGS: readonly (readonly Given[])[] = [[ALL], [only('n1', 'n2')], [ALL, preferring('n3')]]
const anyWeb = fc.record({
  // Few, so that some are shared.
  ip: fc.constantFrom(...ips(12)),
  local: fc.constantFrom(...LOCALS),
  holders: fc.subarray(NODES),
  isHeld: fc.boolean(),
  isWritten: fc.boolean(),
})
const anyWorld = fc.record({
  webs: fc.array(anyWeb, { minLength: 1, maxLength: 14 }),
  members: fc.subarray(NODES, { minLength: 1 }),
  mode: fc.constantFrom('sticky' as const, 'spread' as const),
  config: fc.constantFrom(...CONFIGS),
})

/** Services of one address have the same policy and Pods, as their sharing asks for. */
function situationOf({ webs, ...rest }: typeof anyWorld extends fc.Arbitrary<infer T> ? T : never) {
  const firsts = new Map(webs.toReversed().map(({ ip, local }) => [ip, local]))
  const named = webs.map((one, at) => ({ ...one, name: `web-${at}`, local: firsts.get(one.ip) }))
  const services = named.flatMap(({ name, ip, local }) =>
    web(name, { ip, ...(local && { local }) }),
  )
  const held = named.filter(({ isHeld }) => isHeld)
  const holding = Object.fromEntries(held.map(({ name, holders }) => [name, holders]))
  return { named, situation: { ...rest, services, holding } }
}

test('the nodes agree, Services of one address agree, and what is held by who may stand stays', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const { named, situation } = situationOf(given)
      const owners = ownersIn(worldIn(situation))
      for (const [, sharing] of Map.groupBy(named, ({ ip }) => ip)) {
        assert.equal(new Set(sharing.map(({ name }) => owners.get(name))).size, 1)
        const { local = NODES } = sharing[0]!
        const preferred = given.config.length > 1 ? ['n3'] : NODES
        const allowed = given.config.length > 1 ? NODES : includedIn(given.config)
        const able = allowed.filter((one) => given.members.includes(one) && local.includes(one))
        const first = able.filter((one) => preferred.includes(one))
        const standing = first.length > 0 ? first : able
        const holders = sharing.flatMap(({ name }) => situation.holding[name] ?? [])
        const keeping = standing.filter((one) => holders.includes(one))
        const expected = keeping.length > 0 ? keeping : standing
        const owner = owners.get(sharing[0]!.name)
        if (expected.length === 0) assert.equal(owner, undefined)
        else assert.ok(expected.includes(owner!), `${owner} is among ${expected}`)
      }
    }),
    { numRuns: 150 },
  )
})

const includedIn = ([ad]: readonly Given[]): string[] => (ad === ALL ? NODES : ['n1', 'n2'])

test('whichever owners have said so already, the others stay as they were', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const { named, situation } = situationOf(given)
      const before = ownersIn(worldIn(situation))
      const written = named.flatMap(({ name, isWritten }) => {
        const owner = before.get(name)
        return isWritten && owner !== undefined ? [[name, [owner]] as const] : []
      })
      const holding = { ...situation.holding, ...Object.fromEntries(written) }
      assert.deepEqual(ownersIn(worldIn({ ...situation, holding })), before)
    }),
    { numRuns: 400 },
  )
})

test('the order in which anything became known decides nothing', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const { situation } = situationOf(given)
      const base = worldIn(situation)
      const { mode, holders } = base.ownership!
      const reversed = [...holders].reverse().map(([key, of]) => {
        return [key, new Map([...of].reverse())] as const
      })
      const other = {
        ...base,
        members: new Set([...base.members!].reverse()),
        ownership: { mode, holders: new Map(reversed) },
      }
      assert.deepEqual(ownersIn(other), ownersIn(base))
    }),
    { numRuns: 50 },
  )
})

test('a decision is kept until who holds its address is another', () => {
  const services = [...web('a'), ...web('b', { ip: '192.0.2.2' })]
  const base = on(worldIn({ services, holding: { a: ['n1'] } }), 'n1')
  const memo = new AnnouncementMemo()
  const [a, b] = announcementsOf(base, memo)
  const holding = { a: ['n1'], b: ['n2'] }
  const next = on(worldIn({ services, holding }), 'n1')
  const after = announcementsOf({ ...base, ownership: next.ownership }, memo)
  assert.equal(after[0], a)
  assert.deepEqual(
    [b!.l2, after[1]!.l2].map((one) => told(one!)),
    ['yes', 'otherHolder n2'],
  )
  const { ownership: _none, ...hash } = base
  assert.deepEqual(announcementsOf(hash, memo), announcementsOf(hash, new AnnouncementMemo()))
})
