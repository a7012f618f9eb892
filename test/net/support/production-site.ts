// The production guide's rack: a router with its FRR block, one with its BIRD block, three nodes whose
// speakers read its objects from a folder. All processes are real; the two LAN ends can be cut.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Bird, startBird } from '../../../src/lab/bird.ts'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { type Netns, uniquePrefix } from '../../../src/lab/netns.ts'
import { nodeObjects, type Topology } from '../../../src/lab/topology.ts'
import { guideBlock } from '../../support/production-guide.ts'
import { ROOT } from '../../support/source.ts'
import type { FrrVersion } from './frr-versions.ts'
import { serviceText } from './production-objects.ts'

export interface Site extends AsyncDisposable {
  readonly lab: Lab
  readonly r1: Frr
  readonly r2: Bird
  readonly nodes: ReadonlyMap<string, Frr>
  readonly netns: (name: string) => Netns
}

export interface SiteOptions {
  readonly version: FrrVersion
  /** Instead of the guide's. */
  readonly r1?: string
  readonly r2?: string
}

export async function openSite({ version, ...configs }: SiteOptions): Promise<Site> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-production-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const { root } = version
  const topology = rack()
  const lab = stack.use(new Lab({ topology, dir, prefix: uniquePrefix('prod'), frrRoot: root }))
  await lab.buildNetwork()
  const at = (name: string) => ({ netns: lab.net.netns(name), dir: join(dir, name) })
  const r1Config = configs.r1 ?? guideBlock('FRR', 'frr')
  const own = { ...at('r1'), config: r1Config, listen: true, ...(root ? { root } : {}) }
  const r1 = await startFrr(own)
  const r2 = await startBird({ ...at('r2'), config: configs.r2 ?? guideBlock('BIRD', 'bird') })
  const nodes = new Map<string, Frr>()
  for (const { name } of topology.nodes) nodes.set(name, await lab.startNode(name))
  await writeNodes(lab)
  await lab.writeObjects('guide.yaml', guideBlock('Objects', 'yaml'))
  await lab.writeObjects('service.yaml', serviceText('web', ['n1', 'n2', 'n3']))
  const program = [process.execPath, join(ROOT, 'src/main.ts')]
  await lab.startController(program)
  for (const name of nodes.keys()) await lab.startSpeaker(program, name)
  const all = stack.move()
  return {
    ...{ lab, r1, r2, nodes },
    netns: (name) => lab.net.netns(name),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function rack(): Topology {
  const lan = { name: 'rack', v4: '192.168.1.0/24' }
  const legs = (host: number) => [{ lan: 'rack', ifname: 'eth0', v4: `192.168.1.${host}/24` }]
  const router = { asn: 64512, lan: 'rack' } as const
  return {
    ...{ name: 'production', lans: [lan], peerings: [], samples: '', prefixMax: 512 },
    pools: { v4: '10.100.0.0/24' },
    routers: [
      { ...router, name: 'r1', implementation: 'frr', legs: legs(1) },
      { ...router, name: 'r2', implementation: 'bird', legs: legs(2) },
    ],
    nodes: [10, 11, 12].map((host, at) => ({ name: `n${at + 1}`, asn: 64513, legs: legs(host) })),
  }
}

/** As the cluster has them: all in the rack of the two routers, `drained` with the label that says so. */
export async function writeNodes(lab: Lab, drained = ''): Promise<void> {
  const objects = nodeObjects(lab.topology) as { metadata: { name: string; labels: object } }[]
  const labelled = objects.map((node) => {
    const { metadata } = node
    const labels = { ...metadata.labels, ...ZONE, ...(metadata.name === drained ? EXCLUDED : {}) }
    return stringify({ ...node, metadata: { ...metadata, labels } })
  })
  await lab.writeObjects('0-nodes.yaml', labelled.join('---\n'))
}

const ZONE = { 'topology.kubernetes.io/zone': 'rack-1' }
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }

/** The guide's objects, with this text in the place of that. */
export async function writeGuide(site: Site, that = '', by = ''): Promise<void> {
  const text = guideBlock('Objects', 'yaml')
  assert.ok(text.includes(that), `the guide has no ${that}`)
  await site.lab.writeObjects('guide.yaml', text.replace(that, by))
}
