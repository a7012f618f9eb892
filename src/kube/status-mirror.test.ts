// What only the order of answers and events can bring about; the rest is tested through `Cluster`.
import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import type { ApiRequest, Client } from './client.ts'
import { RESOURCES } from './resources.ts'
import { StatusMirror } from './status-mirror.ts'
import { NO_FENCE } from './write.ts'

const LABELS = { node: 'n1' }
const object = (resourceVersion: string, status: object) => ({
  ...{ apiVersion: 'metallb.io/v1beta1', kind: 'ServiceBGPStatus', status },
  metadata: { name: 'a', namespace: 'ours', labels: LABELS, resourceVersion },
})

/** A server that tells of an edit by somebody else before it answers the first write of a status. */
class Hasty implements Client {
  readonly requests = new Map<string, number>()
  readonly written: unknown[] = []
  readonly #edit = Promise.withResolvers<void>()
  readonly #heard = Promise.withResolvers<void>()

  async request<T>({ method = 'GET', body }: ApiRequest): Promise<T> {
    if (method === 'GET') return { metadata: { resourceVersion: '1' }, items: [] } as T
    if (method === 'POST') return object('2', {}) as T
    const { status } = body as { status: object }
    this.written.push(status)
    if (this.written.length > 1) return object('5', status) as T
    this.#edit.resolve()
    await this.#heard.promise
    return object('3', status) as T
  }

  async *lines({ signal }: ApiRequest): AsyncGenerator<string[], void> {
    await this.#edit.promise
    yield [JSON.stringify({ type: 'MODIFIED', object: object('4', { peers: [] }) })]
    // Asked for more, so that one has been taken.
    this.#heard.resolve()
    await new Promise((_, reject) => signal?.addEventListener('abort', reject))
  }

  onBack(): () => void {
    return () => {}
  }
  [Symbol.dispose](): void {}
}

test('a status that somebody edits while we write it is mended all the same', async () => {
  const client = new Hasty()
  const status = { peers: ['r1'] }
  await using mirror = new StatusMirror({
    ...{ client, fence: NO_FENCE, resource: RESOURCES.ServiceBGPStatus, namespace: 'ours' },
    ...{ labels: LABELS, owner: async () => undefined },
    trouble: { failed: assert.fail, recovered: () => {}, expired: assert.fail },
  })
  const { resourceVersion: _none, ...metadata } = object('', {}).metadata
  await mirror.write([{ ...object('', {}), metadata, status }])
  await eventually(() => assert.deepEqual(client.written, [status, status]))
})
