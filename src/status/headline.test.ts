import assert from 'node:assert/strict'
import { test } from 'node:test'
import { service, world } from '../../test/support/build.ts'
import { BAD_POOL, controllerIn, speakerIn, worldOf } from '../../test/support/status-scenes.ts'
import { headlineOf } from './headline.ts'
import { begin, remember } from './memory.ts'
import type { ProcessStatus } from './role-status.ts'

/** As it is said after it was well. */
function said(status: ProcessStatus): string {
  const before = status.speaker ? { speaker: speakerIn({ upAt: 1 }) } : {}
  const remembered = remember(remember(begin(0), before, 10), status, 20)
  const { mood, text, since, because } = headlineOf(remembered)
  const rest = [since === undefined ? '' : ` since ${since}`, because ? ` (${because})` : '']
  return `${mood}: ${text}${rest.join('')}`
}

const well = speakerIn()
const down = (...names: string[]) =>
  speakerIn({ down: Object.fromEntries(names.map((name) => [name, 'Peer closed the session'])) })
const silent = speakerIn({ silent: new Map([['bgpd', 'connection refused']]) })
const bad = worldOf(BAD_POOL)
const asking = worldOf([service('asks', { loadBalancerIP: '203.0.113.9' }, { namespace: 'shop' })])
const given = controllerIn(worldOf())

for (const [status, expected] of [
  [{ unready: 'no pass has succeeded yet' }, 'idle: Starting: no pass has succeeded yet'],
  [{ speaker: well }, 'well: All is well: 3 of 3 sessions up, 11 addresses announced'],
  [
    { speaker: down('tor-b') },
    'bad: 2 of 3 sessions up: tor-b is down since 20 (Peer closed the session)',
  ],
  [{ speaker: down('tor-b', 'tor-c') }, 'bad: 1 of 3 sessions up: tor-b and tor-c are down'],
  [
    { speaker: down('tor-b'), away: 'no route' },
    'bad: 2 of 3 sessions up: tor-b is down since 20 (Peer closed the session)',
  ],
  [{ speaker: silent }, "bad: FRR's bgpd does not answer: connection refused since 20"],
  [{ speaker: { ...well, isUnseen: true } }, 'idle: FRR is asked for its sessions'],
  [
    { speaker: well, away: 'no route' },
    'warn: The API server is away, what was known stays in force: no route since 20',
  ],
  [
    { speaker: speakerIn({ world: bad }) },
    'warn: 3 of 3 sessions up, 11 addresses announced, but 1 problem: IPAddressPool metallb-system/guests spec.addresses[0]',
  ],
  [{ speaker: speakerIn({ world: world([]) }) }, 'well: All is well: no address announced'],
  [{ controller: given }, 'well: All is well: 11 of 11 Services have an address'],
  [
    { controller: controllerIn(asking) },
    'warn: 1 of 12 Services waits for an address: shop/asks (no pool holds the address: 203.0.113.9)',
  ],
  [{ controller: controllerIn(worldOf(), false) }, 'idle: Standing by: another controller leads'],
  [
    { speaker: well, controller: given },
    'well: All is well: 3 of 3 sessions up, 11 addresses announced, 11 of 11 Services have an address',
  ],
  [{}, 'idle: This process has no role but to answer others'],
] as const) {
  test(expected, () => assert.equal(said(status), expected))
}

test('of many sessions that are down some are named', () => {
  const names = ['tor-a', 'tor-b', 'tor-c', 'tor-d', 'tor-e']
  const [one] = down('tor-a').sessions.filter(({ isUp }) => !isUp)
  const sessions = names.map((name, at) => ({ ...one!, name, peer: `10.0.0.${at}` }))
  assert.match(
    said({ speaker: { ...well, sessions } }),
    /^bad: 0 of 5 sessions up: tor-a, tor-b, tor-c and 2 more are down$/,
  )
})
