// What is left of an object on arrival: the fields somebody reads. The rest is most of its memory, and
// of its changes: a kubelet writes its Node every few minutes, and nothing of that concerns us. Pure.
import { hash } from 'node:crypto'
import type { RawObject } from '../api/kinds.ts'
import { printExact } from './exact-json.ts'

type Fields = Readonly<Record<string, unknown>>

interface WholeObject extends RawObject {
  readonly metadata: RawObject['metadata'] & Fields
  readonly status?: Fields
  readonly [field: string]: unknown
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function slim(object: RawObject): RawObject {
  const whole = object as WholeObject
  const metadata = slimMetadata(whole.metadata)
  switch (object.kind) {
    case 'Node':
      return { ...base(whole), ...{ metadata: named(metadata), status: slimNode(whole.status) } }
    case 'Namespace':
      return { ...base(whole), metadata: named(metadata) }
    case 'EndpointSlice':
      return { ...base(whole), ...{ metadata: named(metadata), endpoints: slimEndpoints(whole) } }
    case 'Secret':
      return slimSecret({ ...whole, metadata })
    default:
      return { ...whole, metadata } as RawObject
  }
}

const base = ({ apiVersion, kind }: RawObject) => ({ apiVersion, kind })

function slimMetadata(metadata: WholeObject['metadata']): WholeObject['metadata'] {
  const { managedFields: _managed, annotations, ...rest } = metadata
  if (typeof annotations !== 'object' || annotations === null) return rest
  const { [LAST_APPLIED]: _applied, ...others } = annotations as Fields
  return { ...rest, annotations: others }
}

const named = ({ name, namespace, labels, uid, resourceVersion }: WholeObject['metadata']) =>
  defined({ name, namespace, labels, uid, resourceVersion }) as unknown as WholeObject['metadata']

function slimNode(status: Fields = {}): Fields {
  const conditions = listOf(status.conditions).map(({ type, status }) => ({ type, status }))
  return { conditions, addresses: listOf(status.addresses) }
}

/** Ports, targets, zones and hints are kube-proxy's business. */
const slimEndpoints = ({ endpoints }: WholeObject): Fields[] =>
  listOf(endpoints).map(({ addresses, conditions, nodeName }) =>
    defined({ addresses, conditions, nodeName }),
  )

/** A neighbour's password may be in one of these types; in the second, where a peer's `password` names it. */
const WITH_PASSWORD: ReadonlySet<unknown> = new Set(['kubernetes.io/basic-auth', 'Opaque'])

/** Keys and tokens of others are not ours to hold. */
function slimSecret(secret: WholeObject): RawObject {
  const { data, stringData: _text, ...rest } = secret
  const { password } = (data ?? {}) as Fields
  const isOurs = WITH_PASSWORD.has(secret.type) && password !== undefined
  return { ...rest, ...(isOurs ? { data: { password } } : {}) } as RawObject
}

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value : [])

const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/**
 * Equal for two versions of an object that say the same. Of a Service every version counts: a write
 * names the version it was planned on.
 */
export function signatureOf(object: RawObject): string {
  const { metadata, status, ...rest } = object as WholeObject
  const { resourceVersion, generation: _generation, ...named } = metadata
  if (object.kind === 'Service') return String(resourceVersion)
  // The status of our own kinds is written by us and read by people.
  const read = object.kind === 'Node' ? { status } : {}
  return hash('sha1', printExact({ ...rest, ...read, metadata: named }), 'base64')
}
