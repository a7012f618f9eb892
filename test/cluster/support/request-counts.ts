// How many requests the API server has served, by its own count: those of our roles together, and what
// they were about. Separate, because it is the server's text that has to be read.
import { get, type Login } from '../../kube/support/access.ts'

export interface RequestCounts {
  /** Of service accounts, which only our roles are here. */
  readonly ours: number
  /** Whoever made them: `PATCH services/status` → how many. */
  readonly writes: ReadonlyMap<string, number>
}

const LINE = /^(\w+)\{(.*)\} (\S+)$/
const WRITES = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION'])

export async function requestCounts(login: Login): Promise<RequestCounts> {
  const { status, body } = await get(login, '/metrics')
  if (status !== 200) throw new Error(`/metrics: ${status} ${body}`)
  const writes = new Map<string, number>()
  let ours = 0
  for (const line of body.split('\n')) {
    const [, name, text = '', value] = LINE.exec(line) ?? []
    const labels = labelsOf(text)
    // The counter of requests knows no user; the one of queues knows what kind of user it was.
    if (name === 'apiserver_flowcontrol_dispatched_requests_total') {
      if (labels.flow_schema === 'service-accounts') ours += Number(value)
    } else if (name === 'apiserver_request_total' && WRITES.has(labels.verb ?? '')) {
      const what = `${labels.verb} ${[labels.resource, labels.subresource].filter(Boolean).join('/')}`
      writes.set(what, (writes.get(what) ?? 0) + Number(value))
    }
  }
  return { ours, writes }
}

export function countsSince(before: RequestCounts, after: RequestCounts): RequestCounts {
  const more = [...after.writes].map(
    ([what, count]) => [what, count - (before.writes.get(what) ?? 0)] as const,
  )
  return {
    ours: after.ours - before.ours,
    writes: new Map(more.filter(([, count]) => count > 0).sort(([a], [b]) => a.localeCompare(b))),
  }
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]),
  )
