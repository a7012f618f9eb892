// Which EndpointSlices matter: those of Services that get an address. The others are most of a
// cluster's changes, and none of them shall cost a pass. Pure.
import { SERVICE_NAME_LABEL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { keyIn } from './kind-copy.ts'
import type { Change } from './source.ts'

export class SliceIndex {
  /** `namespace/name` of a Service → keys of its slices. */
  readonly #slices = new Map<string, Set<string>>()
  readonly #needed = new Set<string>()

  noteSlice({ ref, object }: Change): void {
    if (!object) return
    const service = serviceOf(object)
    const keys = this.#slices.get(service) ?? new Set()
    this.#slices.set(service, keys.add(keyIn(ref)))
  }

  /** As it was last. */
  forgetSlice({ ref, object }: Change): void {
    if (!object) return
    const keys = this.#slices.get(serviceOf(object))
    keys?.delete(keyIn(ref))
    if (keys?.size === 0) this.#slices.delete(serviceOf(object))
  }

  /** The slices that matter from now on. */
  noteService({ ref, object, problems }: Change): Iterable<string> {
    // A Service that is refused is served as it was.
    if (problems) return []
    const key = keyIn(ref)
    if ((object as Service | undefined)?.spec.type !== 'LoadBalancer') {
      this.#needed.delete(key)
      return []
    }
    if (this.#needed.has(key)) return []
    this.#needed.add(key)
    return this.#slices.get(key) ?? []
  }

  /** What the schema refuses is for somebody to see. */
  isNeeded({ object }: Change): boolean {
    return object === undefined || this.#needed.has(serviceOf(object))
  }
}

const serviceOf = ({ metadata }: AnyObject): string =>
  `${metadata.namespace}/${metadata.labels[SERVICE_NAME_LABEL] ?? ''}`
