// The sources that need nothing but this machine; `test/kube/source.test.ts` is the real API server.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { NAMESPACE } from '../../test/support/build.ts'
import type { FakeObject } from '../../test/support/fake-api-server.ts'
import { fakeCluster } from '../../test/support/fake-cluster.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { type SourceUnderTest, sourceContract } from '../../test/support/source-contract.ts'
import type { RawObject } from '../api/kinds.ts'
import { printExact } from './exact-json.ts'
import { openFolder } from './folder.ts'
import type { ServedKind } from './resources.ts'

sourceContract('a folder', async (before): Promise<SourceUnderTest> => {
  const files = temporaryFolder()
  const fileOf = ({ kind, metadata }: RawObject) => `${kind}-${metadata.name}.yaml`
  const put = (object: RawObject) => files.write(fileOf(object), stringify(object))
  for (const object of before) put(object)
  const source = openFolder({ dir: files.dir, namespace: NAMESPACE, onError: assert.fail })
  return {
    ...{ source, put },
    remove: (kind, name) => files.remove(`${kind}-${name}.yaml`),
    status: (kind, name) => {
      const namespace = kind === 'Service' ? 'default' : NAMESPACE
      const path = files.path(`.status/${kind}/${namespace}/${name}.yaml`)
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]()
      files[Symbol.dispose]()
    },
  }
})

sourceContract('a cluster', async (before): Promise<SourceUnderTest> => {
  const fake = await fakeCluster({}, ({ put }) => {
    for (const { kind, metadata, ...rest } of before) put(kind as ServedKind, metadata.name, rest)
  })
  const { server, path } = fake
  return {
    source: fake.cluster,
    // As an apply does: what others wrote stays.
    put: ({ kind, metadata, ...rest }) => {
      const stands = server.get(path(kind as ServedKind, metadata.name))
      const fields = { ...rest, status: stands?.status }
      fake.put(kind as ServedKind, metadata.name, fields, { ...stands?.metadata })
    },
    remove: (kind, name) => server.remove(path(kind as ServedKind, name)),
    status: (kind, name) => {
      const object: FakeObject | undefined = server.get(path(kind as ServedKind, name))
      return object && printExact(object.status)
    },
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
})
