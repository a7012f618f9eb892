import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from '../../test/support/build.ts'
import {
  BAD_POOL,
  controllerIn,
  crowdedWorld,
  speakerIn,
  worldOf,
} from '../../test/support/status-scenes.ts'
import { changesBetween } from './changes.ts'
import { begin, remember } from './memory.ts'
import type { ProcessStatus } from './role-status.ts'

const told = (before: ProcessStatus, after: ProcessStatus) =>
  changesBetween(before, after).map(({ tone, subject, text }) => `${tone}: ${subject} ${text}`)

const base = worldOf()
const well = speakerIn({ world: base })
const down = { ...well, sessions: speakerIn({ down: { 'tor-b': '' } }).sessions }
const applied = { commands: 12, resets: 0, ms: 8.4, isDrift: false }
const bad = speakerIn({ world: worldOf(BAD_POOL) })
const silent = new Map([['bgpd', 'refused']])
const controller = controllerIn(base)

for (const [name, before, after, expected] of [
  ['nothing', { speaker: well }, { speaker: well }, []],
  ['a session goes down', { speaker: well }, { speaker: down }, ['bad: tor-b down']],
  ['a session comes up', { speaker: down }, { speaker: well }, ['good: tor-b up']],
  [
    'a session is gone',
    { speaker: well },
    { speaker: { ...well, sessions: well.sessions.slice(1) } },
    ['plain: tor-a no session any more'],
  ],
  [
    'FRR takes a configuration',
    { speaker: well },
    { speaker: { ...well, applied } },
    ['plain: FRR took 12 commands in 8 ms, no session reset'],
  ],
  [
    'somebody else had changed it',
    { speaker: well },
    { speaker: { ...well, applied: { ...applied, commands: 1, resets: 1, isDrift: true } } },
    ['bad: FRR did not run what it ran before; mended: took 1 command in 8 ms, 1 session reset'],
  ],
  [
    'a problem appears',
    { controller: { ...controller, plan: { ...controller.plan!, problems: [] } } },
    { controller: { ...controller, plan: { ...controller.plan!, problems: BAD_POOL } } },
    [
      'bad: IPAddressPool metallb-system/guests spec.addresses[0] invalid CIDR "203.0.113.0/33": write a prefix like 192.0.2.0/24 or a range like 192.0.2.1-192.0.2.9',
    ],
  ],
  [
    'a daemon is silent',
    { speaker: well },
    { speaker: { ...well, silent } },
    ["bad: FRR's bgpd does not answer: refused"],
  ],
  [
    'a daemon answers again',
    { speaker: { ...well, silent } },
    { speaker: well },
    ["good: FRR's bgpd answers again"],
  ],
  [
    'the API server is away',
    {},
    { away: 'gone' },
    ['bad: The API server is away, what was known stays in force: gone'],
  ],
  [
    'another controller leads',
    { controller },
    { controller: { ...controller, isLeading: false } },
    ['plain: This controller stands by now; another controller leads'],
  ],
] as const) {
  test(`what is told: ${name}`, () => assert.deepEqual(told(before, after), expected))
}

test('a problem that is solved', () => {
  const [first] = told({ speaker: bad }, { speaker: { ...bad, plan: well.plan } })
  assert.match(first!, /^good: IPAddressPool metallb-system\/guests solved: spec.addresses\[0\]/)
})

test('Services: announced, and no longer, with the reason', () => {
  const of = (services: typeof all) => ({ speaker: { ...well, plan: { ...well.plan!, services } } })
  const all = well.plan!.services
  const web = all.find(({ key }) => key === 'shop/web')!
  const at = '(198.51.100.10, 2001:db8:100::10)'
  assert.deepEqual(told(of([]), of([web])), [
    `good: shop/web announced by BGP from pool public ${at}`,
  ])
  assert.deepEqual(told(of([web]), of([])), [
    `bad: shop/web no longer announced by BGP: it is gone ${at}`,
  ])
  const idle = { ...web, bgp: { announce: false, because: 'noEndpoints' } as const }
  assert.deepEqual(told(of([web]), of([idle])), [
    `bad: shop/web no longer announced by BGP: no usable endpoint anywhere ${at}`,
  ])
})

test('an address that moves between nodes is told as a move', () => {
  const before = well.plan!
  const services = before.services.map((one) =>
    one.key === 'office/printer'
      ? {
          ...one,
          l2: { announce: false as const, because: 'otherOwner' as const, owner: 'node-c' },
        }
      : one,
  )
  assert.deepEqual(
    told({ speaker: well }, { speaker: { ...well, plan: { ...before, services } } }),
    ['plain: office/printer moved on layer 2 from node-b to node-c (192.0.2.17)'],
  )
})

test('a thousand Services that come at once are one change', () => {
  const empty = speakerIn({ world: world([]) })
  const crowd = speakerIn({ world: crowdedWorld(1_000) })
  const changes = told({ speaker: empty }, { speaker: { ...crowd, sessions: [] } })
  assert.deepEqual(changes, [
    'good: 1,000 Services announced by BGP from pool public: team-0/app-00000, team-0/app-00020, team-0/app-00040, …',
  ])
})

test('addresses that are given at once are one change', () => {
  const empty = controllerIn(world([]))
  const plan = controller.plan!
  const decisions = plan.decisions.map((one) => ({ ...one, fresh: one.addresses }))
  const changes = told(
    { controller: empty },
    { controller: { ...controller, plan: { ...plan, decisions } } },
  )
  assert.deepEqual(changes, [
    'good: 8 Services address from pool "public": build/registry, ingress/gateway, office/mail, …',
    ...['camera', 'printer', 'wiki'].map(
      (name, at) => `good: office/${name} address 192.0.2.${[20, 17, 18][at]} from pool "office"`,
    ),
  ])
})

test('what was found at the start did not just change', () => {
  assert.deepEqual(
    told({}, { speaker: down }).filter((one) => one.includes('tor-b')),
    [],
  )
})

test('the newest comes first, and the oldest is forgotten', () => {
  let remembered = begin(0)
  for (let at = 1; at <= 80; at++) {
    remembered = remember(remembered, { speaker: at % 2 === 0 ? down : well }, at)
  }
  const { changes } = remembered
  assert.equal(changes.length, 50)
  assert.deepEqual([changes[0]!.at, changes[0]!.text, changes.at(-1)!.at], [80, 'down', 31])
})

test('the reason that FRR tells a moment later is added where it belongs', () => {
  const late = { ...down, resets: new Map([['default 10.0.0.2', 'Hold Timer Expired']]) }
  const states = [well, down, well, down, late]
  const last = states.reduce((all, one, at) => remember(all, { speaker: one }, at + 1), begin(0))
  const words = last.changes.filter(({ subject }) => subject === 'tor-b').map(({ text }) => text)
  assert.deepEqual(words, ['down (Hold Timer Expired)', 'up', 'down'])
})
