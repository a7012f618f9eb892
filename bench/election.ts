// What it costs to decide who answers on layer 2, for very many Services and many nodes: when one
// Service changed, and when a speaker dies, of which every millisecond is an outage.
import assert from 'node:assert/strict'
import type { Service } from '../src/api/core.ts'
import type { L2World } from '../src/reconciler/announce-l2.ts'
import { AnnouncementMemo } from '../src/reconciler/announcements.ts'
import { planSpeaker } from '../src/reconciler/speaker.ts'
import { l2Ad, node, pool, service, slice, world } from '../test/support/build.ts'
import { POOL, serviceName } from '../test/support/many-services.ts'
import { type Bench, measure, type Row } from './measure.ts'

const NODES = Array.from({ length: 50 }, (_, at) => `node-${at}.example.internal`)
const WARM_UP = 5
const EVERYBODY = new Set(NODES)

export const bench: Bench = {
  about: 'electing owners on layer 2 among 50 nodes',
  run: async ({ quick, say }) => {
    const services = quick ? 1000 : 10_000
    say(`${services} Services`)
    return measureElections(services, quick ? 10 : 20)
  },
}

function measureElections(services: number, rounds: number): Row[] {
  const given = worldOf(services)
  const memo = new AnnouncementMemo()
  const plan = (members: ReadonlySet<string>, list = given.services) => {
    const { l2 } = planSpeaker({ ...given, members, services: list }, new Set(), memo)
    assert.ok(l2 && l2.addresses.length > 0, 'this node answers for some')
  }
  plan(EVERYBODY)
  const all = [...given.services.values()]
  const copy = () => assert.equal(JSON.parse(JSON.stringify(all)).length, services)
  const what = 'copying all Services as JSON'
  const baseline = { what, samples: measure(rounds, 3, copy) }
  const middle = serviceName('web', services >> 1)
  const lists = Array.from({ length: rounds + WARM_UP }, () => withCopy(given.services, middle))
  const changed = measure(rounds, WARM_UP, () => plan(EVERYBODY, lists.pop()))
  // Another one dies each time, and is back in between.
  const dying = measure(rounds, WARM_UP, (round) => {
    const dead = NODES[1 + (Math.abs(round) % (NODES.length - 1))]
    plan((round & 1) === 0 ? EVERYBODY : new Set(NODES.filter((name) => name !== dead)))
  })
  const of = `${services} Services`
  const budget = (ms: number) => (services === 10_000 ? { budget: ms } : {})
  return [
    { what: `one changed, ${of}`, unit: 'ms', samples: changed, baseline, ...budget(20) },
    {
      what: `a speaker dies or returns, ${of}`,
      unit: 'ms',
      samples: dying,
      baseline,
      ...budget(200),
    },
  ]
}

function worldOf(services: number): L2World {
  const [first = ''] = NODES
  const each = Array.from({ length: services }, (_, at) => {
    const name = serviceName('web', at)
    const ips = [`198.18.${at >> 8}.${at & 255}`]
    const endpoints = [{ nodeName: first, addresses: ['10.244.1.5'] }]
    return [service(name, {}, { ips }), slice(name, endpoints)]
  })
  const nodes = NODES.map((name) => node(name))
  const objects = [pool('all', [POOL]), l2Ad('all'), ...nodes, ...each.flat()]
  return {
    ...world(objects),
    node: first,
    hostname: first,
    logLevel: 'info',
    ignoreExcludeLb: false,
  }
}

/** As after an edit of that Service that changes nothing here. */
function withCopy(services: ReadonlyMap<string, Service>, name: string) {
  const key = `default/${name}`
  const one = services.get(key)
  assert.ok(one)
  return new Map(services).set(key, { ...one })
}
