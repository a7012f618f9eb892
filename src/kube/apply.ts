// Writes whole objects the way `kubectl apply --server-side` does: fields that we do not name are left
// to others, those that we named before and name no more are removed.
import type { RawObject } from '../api/kinds.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf, type Resource } from './resources.ts'
import { removeObject, send, type Writing } from './write.ts'

export type Applied = Pick<Resource, 'plural'>

interface Placed extends RawObject {
  readonly metadata: RawObject['metadata'] & {
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

const objectPath = ({ plural }: Applied, { apiVersion, metadata }: Placed): string =>
  pathOf({ apiVersion, plural }, { namespace: metadata.namespace, name: metadata.name })

/** Returns it as it stands now. Where two want a field, we have it. */
export async function applyObject(
  writing: Writing,
  { resource, object, manager }: { resource: Applied; object: Placed; manager: string },
): Promise<ListedObject> {
  return await send<ListedObject>(writing, {
    method: 'PATCH',
    path: objectPath(resource, object),
    query: { fieldManager: manager, force: true },
    patch: 'apply',
    body: object,
  })
}

/** Says who has written which fields; of the very version that was looked at. */
export async function writeManagedFields(
  writing: Writing,
  {
    resource,
    object,
    managedFields,
  }: { resource: Applied; object: Placed; managedFields: unknown },
): Promise<ListedObject> {
  const { resourceVersion } = object.metadata
  const replace = (path: string, value: unknown) => ({ op: 'replace', path, value })
  return await send<ListedObject>(writing, {
    method: 'PATCH',
    path: objectPath(resource, object),
    patch: 'json',
    body: [
      replace('/metadata/managedFields', managedFields),
      replace('/metadata/resourceVersion', resourceVersion),
    ],
  })
}

export async function deleteObject(
  writing: Writing,
  { resource, object }: { resource: Applied; object: Placed },
): Promise<void> {
  await removeObject(writing, objectPath(resource, object), object.metadata.uid)
}

/** Of a list only all of it can be written, so of the version it was worked out from. */
export async function writeConditions(
  writing: Writing,
  { resource, object, conditions }: { resource: Applied; object: Placed; conditions: unknown },
): Promise<ListedObject> {
  return await send<ListedObject>(writing, {
    method: 'PATCH',
    path: `${objectPath(resource, object)}/status`,
    patch: 'merge',
    body: {
      metadata: { resourceVersion: object.metadata.resourceVersion },
      status: { conditions },
    },
  })
}
