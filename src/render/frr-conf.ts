// Model → the text of frr.conf. The template names and repeats; whatever it would have to compute
// is prepared here as a view. Missing names throw: a misspelt `{{#if}}` must not be silent.
import assert from 'node:assert/strict'
import Handlebars from 'handlebars'
import { BFD_PROFILE_FIELDS } from '../api/bfd-profile.ts'
import { BGP_PEER_FIELDS } from '../api/bgp-peer.ts'
import type { Family } from '../net/address.ts'
import { CLASS_MAX, classesOf } from './classes.ts'
import type { FrrModel, Neighbor, RouteClass, Router } from './model.ts'

export interface TemplateSources {
  readonly main: string
  /** By name, as `{{> name}}` calls them. */
  readonly partials: ReadonlyMap<string, string>
}

/** `numbers` says which class has which number; `numberClasses` makes it. */
export type RenderFrrConf = (model: FrrModel, numbers: ReadonlyMap<string, number>) => string

export function compileFrrConf({ main, partials }: TemplateSources): RenderFrrConf {
  const handlebars = Handlebars.create()
  // noEscape: this is no HTML. What users wrote has passed schemas that rule out line breaks.
  const options = { strict: true, noEscape: true }
  for (const [name, source] of partials) {
    handlebars.registerPartial(name, handlebars.compile(source, options))
  }
  const template = handlebars.compile(main, options)
  return (model, numbers) => template(viewOf(model, numbers))
}

function viewOf(model: FrrModel, numbers: ReadonlyMap<string, number>) {
  const classes = classesOf(model)
    .map((one) => ({ ...one, number: numberOf(one, numbers), from: one.from.join(', ') }))
    .sort((a, b) => a.number - b.number)
  return {
    ...model,
    classes,
    routers: model.routers.map((router) => routerView(router, classes, numbers)),
    bfdProfiles: model.bfdProfiles.map((profile) => withFields(BFD_PROFILE_FIELDS, profile)),
  }
}

type NumberedClass = Omit<RouteClass, 'from'> & { readonly number: number }

function routerView(
  router: Router,
  classes: readonly NumberedClass[],
  numbers: ReadonlyMap<string, number>,
) {
  const neighbors = router.neighbors.map((neighbor) => neighborView(neighbor, classes))
  const family = (name: string, which: Family) => ({
    name,
    networks: router.networks
      .filter((network) => network.family === which)
      .map((network) => ({
        prefix: network.prefix,
        number: numberOf(network.class, numbers),
      })),
    neighbors: neighbors.filter((neighbor) => neighbor.families.includes(which)),
  })
  return {
    ...router,
    routerId: router.routerId,
    neighbors,
    families: [family('ipv4', 4), family('ipv6', 6)].filter((one) => one.neighbors.length > 0),
  }
}

function neighborView(neighbor: Neighbor, classes: readonly NumberedClass[]) {
  const { peer } = neighbor
  return {
    ...neighbor,
    peer: withFields([...BGP_PEER_FIELDS, 'bfd', 'timers'], peer),
    // FRR shows no port when it is the default one.
    port: peer.peerPort === 179 ? undefined : peer.peerPort,
    password: peer.password?.reveal(),
    clauses: clausesOf(neighbor.id, classes),
  }
}

/** One clause for each class the neighbour may hear, in the order of their numbers. */
function clausesOf(id: string, classes: readonly NumberedClass[]) {
  return classes.flatMap(({ members, number }) => {
    const heard = members.get(id)
    if (!heard) return []
    return {
      number,
      sequence: number * 10,
      localPref: heard.localPref,
      communities: heard.communities.join(' '),
      largeCommunities: heard.largeCommunities.join(' '),
    }
  })
}

function numberOf(one: RouteClass, numbers: ReadonlyMap<string, number>): number {
  const number = numbers.get(one.key)
  assert(number !== undefined && number <= CLASS_MAX, 'every class has a number that fits a clause')
  return number
}

/** The strict template may only name what is there; an optional field is there as undefined. */
function withFields<T extends object>(fields: readonly string[], value: T): T {
  return { ...Object.fromEntries(fields.map((field) => [field, undefined])), ...value }
}
