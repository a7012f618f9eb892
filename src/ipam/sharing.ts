// May two Services stand behind one address? Each port of an address has one owner, and all of its
// owners must mean to share and send traffic the same way.

import { ALLOW_SHARED_IP, userAnnotation } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { selectorOfLabels } from '../api/selector.ts'

export interface Terms {
  /** The user's sharing key; empty: shares with nobody. */
  readonly sharing: string
  /**
   * Services that share must agree on it. With externalTrafficPolicy Local a node attracts traffic
   * for its own pods, so all must have the same pods; with Cluster any node serves any of them.
   */
  readonly backend: string
  /** `TCP/80`; sorted, each once. */
  readonly ports: readonly string[]
}

export function termsOf({ metadata, spec }: Service): Terms {
  const ports = spec.ports.map(({ protocol, port }) => `${protocol}/${port}`)
  return {
    sharing: userAnnotation(metadata.annotations, ALLOW_SHARED_IP) ?? '',
    // `local:` also without a selector: nobody knows whose endpoints those are.
    backend:
      spec.externalTrafficPolicy === 'Local' ? `local:${selectorOfLabels(spec.selector).text}` : '',
    ports: [...new Set(ports)].sort(),
  }
}

/** Why two Services cannot share an address; undefined when they can. */
export function whyNotShared(a: Terms, b: Terms): string | undefined {
  if (a.sharing === '' || b.sharing === '') return 'not both are marked as sharing'
  if (a.sharing !== b.sharing) return 'their sharing keys differ'
  if (a.backend !== b.backend) return 'their externalTrafficPolicy or pod selectors differ'
  const port = a.ports.find((one) => b.ports.includes(one))
  return port === undefined ? undefined : `both use port ${port}`
}

export const printTerms = (terms: Terms): string =>
  JSON.stringify([terms.sharing, terms.backend, terms.ports])
