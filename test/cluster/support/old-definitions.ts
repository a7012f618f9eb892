// Definitions as they may have been before an upgrade: they know the kinds, and no rule. What was written
// under them stands in the cluster afterwards, whatever today's definitions and webhook would have said.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { eventually } from '../../support/eventually.ts'
import type { Cluster } from './cluster.ts'
import { ownText } from './objects.ts'

const CRDS = join(import.meta.dirname, '../../../manifests/crds')
const KINDS = [
  'AddressPool',
  'BFDProfile',
  'BGPAdvertisement',
  'BGPPeer',
  'Community',
  'IPAddressPool',
  'L2Advertisement',
]
const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

interface Definition {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: { readonly name: string; schema: { openAPIV3Schema: unknown } }[]
  }
}

const definitions = (): Definition[] =>
  readdirSync(CRDS)
    .map((file) => parse(readFileSync(join(CRDS, file), 'utf8')) as Definition)
    .filter(({ spec }) => KINDS.includes(spec.names.kind))

/** From now on the API server takes any field and any value. */
export async function withoutRules(cluster: Cluster): Promise<void> {
  const relaxed = definitions()
  for (const { spec } of relaxed) {
    for (const version of spec.versions) version.schema.openAPIV3Schema = ANYTHING
  }
  await install(cluster, relaxed)
  await eachProbe(cluster, (taken) => taken)
}

/** As the manifests have them. */
export async function withRules(cluster: Cluster): Promise<void> {
  await install(cluster, definitions())
  await eachProbe(cluster, (taken) => assert.rejects(taken, /unknown field|field not declared/))
}

const install = (cluster: Cluster, wanted: readonly Definition[]): Promise<void> =>
  cluster.apply(wanted.map((one) => `---\n${stringify(one)}`).join(''))

/** Until each of them decides: the API server hears of a definition by a watch of its own. */
async function eachProbe(
  { server }: Cluster,
  check: (taken: Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  for (const { spec } of definitions()) {
    const version = spec.versions.at(-1)!.name
    const probe = ownText(spec.names.kind, 'probe', { nobodyKnows: true }, version)
    await eventually(() => check(server.apply(probe, '--dry-run=server')), 60_000)
  }
}
