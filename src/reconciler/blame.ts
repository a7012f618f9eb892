// A line that FRR refused → the peer it was for. With that, one bad peer is left as it was and the
// others are served; without it nothing could be.
import type { FrrModel, Neighbor, Router } from '../render/model.ts'

export interface Refusal {
  /** The openers of the contexts around the line, outermost first. */
  readonly context: readonly string[]
  readonly line: string
}

/** The name of a BGPPeer; undefined when the line belongs to none of them alone. */
export function blame({ context, line }: Refusal, model: FrrModel): string | undefined {
  const path = [...context, line]
  const neighbors = model.routers.flatMap((router) =>
    router.neighbors.map((neighbor) => ({ router, neighbor })),
  )
  return neighbors.find((one) => path.some((text) => isAbout(text, path, one)))?.neighbor.peer.name
}

interface Candidate {
  readonly router: Router
  readonly neighbor: Neighbor
}

/** `neighbor N …` in its router, or a clause of its outbound map. */
function isAbout(text: string, path: readonly string[], { router, neighbor }: Candidate): boolean {
  const words = text.replace(/^no /, '').split(' ')
  if (words[0] === 'route-map') return words[1] === `${neighbor.id}-out`
  if (words[0] !== 'neighbor' || words[1] !== neighbor.name) return false
  const opener = path.find((one) => one.startsWith('router bgp '))?.split(' ') ?? []
  return (opener[3] === 'vrf' ? opener[4] : '') === router.vrf
}
