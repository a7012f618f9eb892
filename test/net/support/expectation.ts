// What the neighbours of a case must hear: a case's `peers.yaml`, parsed. Written by hand from what a
// BGPPeer promises, never from our own output; so it is strict about every word in it.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseCidr } from '../../../src/net/prefix.ts'
import { ROOT } from '../../support/source.ts'

export const CASES = join(ROOT, 'test/cases')

/** Of the machines the case needs; network.ts says what each looks like. */
export const NETWORKS = ['one-hop', 'several-hops', 'unnumbered', 'ipv6-only'] as const
export type NetworkName = (typeof NETWORKS)[number]

const asn = z.number().int().min(1).max(4_294_967_295)
// As FRR, BIRD and people print it, so that texts can be compared.
const prefix = z.string().refine((text) => parseCidr(text)?.text === text, 'not a masked prefix')
const tuple = (length: number) => z.string().regex(new RegExp(`^\\d+(:\\d+){${length - 1}}$`))

const Route = z.strictObject({
  prefix,
  /** The node's own address on the link to this neighbour. */
  nextHop: z.enum(['node4', 'node6', 'link-local']),
  asPath: z.array(asn),
  /** Of internal sessions; an external neighbour is never told one. */
  localPref: z.number().int().optional(),
  communities: z.array(tuple(2)).default([]),
  largeCommunities: z.array(tuple(3)).default([]),
})

const Router = z.strictObject({
  /** What the router calls itself. */
  asn,
  /** How the node presents itself to it; what is left out may be anything. */
  sees: z.strictObject({
    asn,
    routerId: z.ipv4().optional(),
    holdTimeSeconds: z.number().int().optional(),
    gracefulRestart: z.boolean().optional(),
  }),
  /** All of it: whatever else arrives is wrong, the empty list included. */
  hears: z.array(Route),
  /** BIRD always tells some routes of its own; the node takes none but these. */
  nodeLearns: z.array(prefix).default([]),
})

const Peers = z
  .strictObject({
    network: z.enum(NETWORKS).default('one-hop'),
    /** Objects the case lacks: a folder beside this file. */
    with: z.enum(['one-service']).optional(),
    /** `bird` where it takes a real router: TCP MD5, router advertisements, routes of its own. */
    witness: z.enum(['receiver', 'bird']).default('receiver'),
    /** By name of the BGPPeer. */
    routers: z.record(z.string(), Router),
  })
  .superRefine((peers, context) => {
    if (peers.witness === 'bird') return
    for (const [name, { sees, nodeLearns }] of Object.entries(peers.routers)) {
      const onlyBird = Object.keys(sees).filter((key) => key !== 'asn')
      if (nodeLearns.length > 0) onlyBird.push('nodeLearns')
      for (const key of onlyBird) {
        const message = `"${key}" is something only "witness: bird" can see`
        context.addIssue({ code: 'custom', path: ['routers', name], message })
      }
    }
  })

export type RouteExpectation = z.output<typeof Route>
export type RouterExpectation = z.output<typeof Router>
export type PeersExpectation = z.output<typeof Peers>

export interface Case extends PeersExpectation {
  readonly name: string
  /** Folders with its objects. */
  readonly dirs: readonly string[]
}

export function parsePeers(text: string, path: string): PeersExpectation {
  const parsed = Peers.safeParse(parse(text))
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

/** Every case that says what its peers must hear, by name. */
export function casesWithPeers(): Case[] {
  return globSync('*/peers.yaml', { cwd: CASES })
    .sort()
    .map((file) => readCase(basename(dirname(file))))
}

export function readCase(name: string): Case {
  const dir = join(CASES, name)
  const path = join(dir, 'peers.yaml')
  if (!existsSync(path)) throw new Error(`case ${name} does not say what its peers must hear`)
  const peers = parsePeers(readFileSync(path, 'utf8'), path)
  const more = peers.with ? [join(import.meta.dirname, peers.with)] : []
  return { ...peers, name, dirs: [dir, ...more] }
}
