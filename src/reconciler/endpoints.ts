// Which endpoints can serve: the one question layer 2 and BGP both ask.
import type { Endpoint, EndpointSlice } from '../api/core.ts'

export interface Usable {
  readonly anywhere: boolean
  readonly onThisNode: boolean
}

/**
 * Ready (true, or not said), or still serving while it terminates. An endpoint that the slices list
 * twice is usable when one of its entries is.
 */
const canServe = ({ conditions: { ready, serving } }: Endpoint): boolean =>
  (ready ?? true) || serving === true

/** For BGP an endpoint also needs an address; its family does not matter. */
export function usableEndpoints(slices: readonly EndpointSlice[], node: string): Usable {
  let anywhere = false
  for (const slice of slices) {
    for (const endpoint of slice.endpoints) {
      if (endpoint.addresses.length === 0 || !canServe(endpoint)) continue
      if (endpoint.nodeName === node) return { anywhere: true, onThisNode: true }
      anywhere = true
    }
  }
  return { anywhere, onThisNode: false }
}

/** Layer 2 asks for neither address nor node; by node only for policy Local. */
export function serves(slices: readonly EndpointSlice[]): boolean {
  return slices.some(({ endpoints }) => endpoints.some(canServe))
}

export function servingNodes(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const nodes = new Set<string>()
  for (const { endpoints } of slices) {
    for (const one of endpoints) if (one.nodeName && canServe(one)) nodes.add(one.nodeName)
  }
  return nodes
}
