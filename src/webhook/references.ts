// What an object names and another object has to provide: a Secret, a BFD profile, a community. The
// other may come or be mended later, so for that no write is denied.
import type { AddressPool, AnyObject, BgpAdvertisement, BgpPeer } from '../api/kinds.ts'
import type { Problem } from '../config/problem.ts'

// The Secret is there and of no use: the mistake stands in the Secret.
const OF_A_SECRET: ReadonlySet<string> = new Set([
  'wrong-secret-type',
  'missing-secret-key',
  'invalid-password',
])

export const isElsewhere = (problem: Problem): boolean =>
  problem.transient === true || OF_A_SECRET.has(problem.code)

/** The object without the references these problems are about. */
export function withoutReferences(object: AnyObject, problems: readonly Problem[]): AnyObject {
  const paths = new Set(problems.map((one) => one.path))
  switch (object.kind) {
    case 'BGPPeer':
      return withoutFields(object as BgpPeer, paths)
    case 'BGPAdvertisement': {
      const { spec, ...rest } = object as BgpAdvertisement
      return { ...rest, spec: withoutNames(spec, 'spec', paths) }
    }
    case 'AddressPool': {
      const { spec, ...rest } = object as AddressPool
      const bgpAdvertisements = spec.bgpAdvertisements.map((one, index) =>
        withoutNames(one, `spec.bgpAdvertisements[${index}]`, paths),
      )
      return { ...rest, spec: { ...spec, bgpAdvertisements } }
    }
    default:
      return object
  }
}

function withoutFields({ spec, ...rest }: BgpPeer, paths: ReadonlySet<string>): BgpPeer {
  const isLeft = ([field]: [string, unknown]) => !paths.has(`spec.${field}`)
  return {
    ...rest,
    spec: Object.fromEntries(Object.entries(spec).filter(isLeft)) as BgpPeer['spec'],
  }
}

function withoutNames<Ad extends { readonly communities: readonly string[] }>(
  ad: Ad,
  at: string,
  paths: ReadonlySet<string>,
): Ad {
  const isLeft = (_: string, index: number) => !paths.has(`${at}.communities[${index}]`)
  return { ...ad, communities: ad.communities.filter(isLeft) }
}
