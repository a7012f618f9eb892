// Status objects that speak of Services in the name of another node. A node that dies takes none of its
// own along until its Pod is removed, minutes later; meanwhile two nodes seem to have one Service.
import { GROUP, type RawObject } from '../api/kinds.ts'
import { forEachAtOnce } from './at-once.ts'
import { pathOf, type Resource } from './resources.ts'
import { removeObject, send, type Writing } from './write.ts'

export interface Taken {
  /** The node that has the Services now. */
  readonly node: string
  /** By `namespace/name`. */
  readonly services: ReadonlySet<string>
}

export type Labels = Readonly<Record<string, string>>

/** Whether what these labels are of has to go. */
export function isRival(labels: Labels, { node, services }: Taken): boolean {
  const of = labels[`${GROUP}/node`]
  const service = `${labels[`${GROUP}/service-namespace`]}/${labels[`${GROUP}/service-name`]}`
  return of !== undefined && of !== node && services.has(service)
}

type Listed = RawObject & {
  readonly metadata: { readonly uid?: string; readonly labels?: Labels }
}

const PAGE = 500
const AT_ONCE = 8

export async function removeRivalsOf(
  writing: Writing,
  { resource, namespace }: { readonly resource: Resource; readonly namespace: string },
  taken: Taken,
): Promise<void> {
  const path = pathOf(resource, { namespace })
  let next: string | undefined
  do {
    const query = { limit: PAGE, continue: next }
    const list = await send<{
      readonly metadata: { readonly continue?: string }
      readonly items: readonly Listed[]
    }>(writing, { method: 'GET', path, query })
    const rivals = list.items.filter(({ metadata }) => isRival(metadata.labels ?? {}, taken))
    await forEachAtOnce(rivals, AT_ONCE, ({ metadata: { name, uid } }) =>
      removeObject(writing, pathOf(resource, { namespace, name }), uid),
    )
    next = list.metadata.continue || undefined
  } while (next !== undefined)
}
