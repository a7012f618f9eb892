import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import {
  type FakeApiServer,
  type Intercept,
  refuse,
  startFakeApiServer,
} from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { type Client, openClient } from './client.ts'
import type { ListedObject } from './reflect.ts'
import { type Sink, type WatchOptions, watch } from './watch.ts'

const NODES = '/api/v1/nodes'
const node = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
})

/** A copy of the nodes by name, kept by the watch under test. */
class Copy implements Sink {
  readonly known = new Map<string, ListedObject>()
  readonly failures: string[] = []
  syncedCount = 0
  recoveredCount = 0
  flushes = 0
  expiredCount = 0
  #listed: Set<string> | undefined

  begin() {
    this.#listed = new Set()
  }
  put(object: ListedObject) {
    this.known.set(object.metadata.name, object)
    this.#listed?.add(object.metadata.name)
  }
  remove(object: ListedObject) {
    this.known.delete(object.metadata.name)
  }
  sweep() {
    for (const name of this.known.keys()) if (!this.#listed?.has(name)) this.known.delete(name)
    this.#listed = undefined
  }
  synced() {
    this.syncedCount++
  }
  flush() {
    this.flushes++
  }
  failed({ message }: { message: string }) {
    this.failures.push(message)
  }
  recovered() {
    this.recoveredCount++
  }
  expired() {
    this.expiredCount++
  }

  becomes(...names: string[]): Promise<void> {
    return eventually(() => assert.deepEqual([...this.known.keys()].sort(), names))
  }
}

interface Running extends AsyncDisposable {
  readonly server: FakeApiServer
  readonly copy: Copy
  readonly client: Client
}

/** A server with these nodes, and a watch of them. */
async function watching(
  names: readonly string[],
  options: Partial<WatchOptions> & { intercept?: Intercept } = {},
): Promise<Running> {
  const server = await startFakeApiServer()
  if (options.intercept) server.intercept = options.intercept
  for (const name of names) server.put(NODES, node(name))
  const client = openClient(openAccess(server.url))
  const copy = new Copy()
  const stop = new AbortController()
  const done = watch({
    ...{ client, watched: { path: NODES }, sink: copy, signal: stop.signal },
    ...options,
  })
  return {
    ...{ server, copy, client },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await done
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The watch that was opened as the so-manieth. */
const isOpen = (server: FakeApiServer, times = 1) =>
  eventually(() => {
    const opened = server.asked.filter(({ query }) => query.has('watch')).length
    assert.ok(opened >= times && server.watchCount === 1, 'a watch is open')
  })

/** Refuses the first requests of a sort, then leaves them to the server. */
function refusing(times: number, isMeant: (query: URLSearchParams) => boolean, status: number) {
  let left = times
  const intercept: Intercept = ({ query }, response) => {
    if (!isMeant(query) || left === 0) return false
    left--
    refuse(response, status, status === 410 ? 'Expired' : 'Broken', 'try again', {
      'retry-after': '0',
    })
    return true
  }
  return intercept
}

// Most of their time is waiting for the next attempt, so they wait together.
suite('a watch at an API server', { concurrency: true }, () => {
  test('what is there, and what comes, changes and goes', async () => {
    await using running = await watching(['a', 'b', 'c'], { pageSize: 2 })
    const { server, copy } = running
    await copy.becomes('a', 'b', 'c')
    assert.deepEqual(
      server.asked.slice(0, 2).map(({ query }) => `${query.get('limit')} ${query.get('continue')}`),
      ['2 null', '2 2'],
    )
    server.put(NODES, node('d'))
    server.remove(`${NODES}/a`)
    await copy.becomes('b', 'c', 'd')
    server.put(NODES, node('d', { new: 'yes' }))
    await eventually(() => {
      const { labels } = { labels: undefined, ...copy.known.get('d')?.metadata }
      assert.deepEqual(labels, { new: 'yes' })
    })
    assert.equal(copy.syncedCount, 1)
    const opened = server.asked.find(({ query }) => query.has('watch'))!.query
    assert.equal(opened.get('allowWatchBookmarks'), 'true')
    const seconds = Number(opened.get('timeoutSeconds'))
    assert.ok(seconds >= 300 && seconds < 600, `${seconds} s`)
  })

  for (const how of ['close', 'reset'] as const) {
    test(`after a ${how} the watch goes on where it was, and lists nothing again`, async () => {
      await using running = await watching(['a'])
      const { server, copy } = running
      await isOpen(server)
      server.endWatches(NODES, how)
      server.put(NODES, node('b'))
      await copy.becomes('a', 'b')
      assert.equal(server.asked.filter(({ query }) => !query.has('watch')).length, 1)
    })
  }

  test('a bookmark moves on without a change', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    await isOpen(server)
    // Another kind moves the version on; then the past is forgotten.
    server.put('/api/v1/pods', node('x'))
    const { flushes } = copy
    server.bookmark()
    await eventually(() => assert.ok(copy.flushes > flushes, 'the bookmark was read'))
    server.forget()
    server.endWatches(NODES, 'close')
    server.put(NODES, node('b'))
    await copy.becomes('a', 'b')
    assert.equal(server.asked.filter(({ query }) => !query.has('watch')).length, 1)
  })

  test('when the server forgot, all is listed again and what went meanwhile goes', async () => {
    await using running = await watching(['a', 'b'])
    const { server, copy } = running
    await isOpen(server)
    await server.stop()
    server.remove(`${NODES}/a`)
    server.put(NODES, node('c'))
    server.forget()
    await server.start()
    await copy.becomes('b', 'c')
    assert.deepEqual([copy.syncedCount, copy.expiredCount], [1, 1])
  })

  test('that the server forgot is no failure', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    await isOpen(server)
    server.put('/api/v1/pods', node('x'))
    server.forget()
    server.endWatches(NODES, 'close')
    await eventually(() => assert.equal(copy.expiredCount, 1))
    server.put(NODES, node('b'))
    await copy.becomes('a', 'b')
    assert.doesNotMatch(copy.failures.join(), /too old/)
  })

  test('of a kind that nobody touches, too, it is told that the trouble is over', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    await isOpen(server)
    server.endWatches(NODES, 'reset')
    await eventually(() => assert.equal(copy.recoveredCount, 1))
    assert.equal(copy.failures.length, 1)
  })

  test('a server that is away takes nothing away, and is found when it is back', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    await isOpen(server)
    await server.stop()
    await eventually(() => assert.ok(copy.failures.length >= 3, 'several attempts'))
    assert.deepEqual([...copy.known.keys()], ['a'])
    await server.start()
    server.put(NODES, node('b'))
    await copy.becomes('a', 'b')
    assert.equal(copy.recoveredCount, 1)
  })

  for (const [what, isMeant] of [
    ['list', (query: URLSearchParams) => !query.has('watch')],
    ['watch', (query: URLSearchParams) => query.has('watch')],
  ] as const) {
    for (const status of [410, 429, 500, 503]) {
      test(`a ${what} answered with ${status}`, async () => {
        const intercept = refusing(2, isMeant, status)
        await using running = await watching(['a'], { intercept })
        const { server, copy } = running
        await isOpen(server)
        server.put(NODES, node('b'))
        await copy.becomes('a', 'b')
        // That the server forgot is ordinary, once.
        assert.deepEqual(
          [copy.expiredCount, copy.failures.length],
          status === 410 ? [1, 1] : [0, 2],
        )
        assert.match(copy.failures[0]!, new RegExp(`GET ${NODES}: ${status} `))
      })
    }
  }

  test('a list that expires between its pages is asked for whole', async () => {
    const intercept = refusing(1, (query) => query.has('continue'), 410)
    await using running = await watching(['a', 'b', 'c'], { intercept, pageSize: 2 })
    await running.copy.becomes('a', 'b', 'c')
    assert.deepEqual(
      running.server.asked.slice(0, 3).map(({ query }) => query.get('limit')),
      ['2', '2', null],
    )
  })

  test('an error in the stream, of the server or in its text, is no end', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    const status = { kind: 'Status', code: 500, reason: 'InternalError', message: 'etcd is slow' }
    await isOpen(server)
    server.write(NODES, `${JSON.stringify({ type: 'ERROR', object: status })}\n`)
    await eventually(() => assert.match(copy.failures[0] ?? '', /InternalError: etcd is slow/))
    await isOpen(server, 2)
    server.write(NODES, '{"type":"ADDED","object":{"meta\n')
    await eventually(() => assert.match(copy.failures[1] ?? '', /no event/))
    server.put(NODES, node('b'))
    await copy.becomes('a', 'b')
  })

  test('a line may come in many pieces', async () => {
    await using running = await watching([])
    const { server, copy } = running
    await isOpen(server)
    const object = { ...node('ä'), metadata: { name: 'ä', resourceVersion: '999' } }
    for (const letter of JSON.stringify({ type: 'ADDED', object })) server.write(NODES, letter)
    assert.equal(copy.known.size, 0)
    server.write(NODES, '\n')
    await copy.becomes('ä')
  })

  test('a line that the connection was lost in is no line', async () => {
    await using running = await watching(['a'])
    const { server, copy } = running
    await isOpen(server)
    server.write(
      NODES,
      '{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"999"}}}',
    )
    server.endWatches(NODES, 'close')
    server.put(NODES, node('b'))
    await copy.becomes('a', 'b')
  })

  test('a watch that had bookmarks and has none any more is opened anew', async () => {
    await using running = await watching(['a'], { silenceMs: 50 })
    const { server } = running
    await isOpen(server)
    server.bookmark()
    await isOpen(server, 2)
    assert.deepEqual(running.copy.failures, [])
  })

  test('what is no list is a failure, not an empty list', async () => {
    let isFirst = true
    const intercept: Intercept = (_, response) => {
      if (!isFirst) return false
      isFirst = false
      response.end('{}')
      return true
    }
    await using running = await watching(['a'], { intercept })
    await running.copy.becomes('a')
    assert.match(running.copy.failures[0]!, /the answer is no list/)
  })

  test('changes that came together are told together', async () => {
    await using running = await watching([])
    const { server, copy } = running
    await isOpen(server)
    const lines = ['a', 'b', 'c'].map((name, at) => {
      const object = { ...node(name), metadata: { name, resourceVersion: String(900 + at) } }
      return `${JSON.stringify({ type: 'ADDED', object })}\n`
    })
    const seen: number[] = []
    copy.flush = () => {
      seen.push(copy.known.size)
    }
    server.write(NODES, lines.join(''))
    await copy.becomes('a', 'b', 'c')
    await eventually(() => assert.deepEqual(seen, [3]))
  })
})

/** A server that nobody reaches, until it is back. */
class Unreachable implements Client {
  readonly requests = new Map<string, number>()
  asked = 0
  readonly #listeners = new Set<() => void>()

  async request<T>(): Promise<T> {
    this.asked++
    throw new Error('nobody answers')
  }
  lines(): never {
    assert.fail('there is no list to watch on from')
  }
  onBack(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  back(): void {
    for (const listener of this.#listeners) listener()
  }
  [Symbol.dispose](): void {}
}

test('who waits for a server is let go when it has answered somebody else', async () => {
  const client = new Unreachable()
  const stop = new AbortController()
  const waits: number[] = []
  // The first waits are over at once; the long one, at the end, only when it is cut short.
  const pause = async (ms: number, signal: AbortSignal) => {
    waits.push(ms)
    if (ms > 10_000) await once(signal, 'abort')
    signal.throwIfAborted()
  }
  const options = { client, watched: { path: NODES }, sink: new Copy(), signal: stop.signal }
  const done = watch({ ...options, pause })
  await eventually(() => assert.ok(waits.at(-1)! > 10_000, 'the waits grow'))
  const { asked } = client
  client.back()
  await eventually(() => assert.ok(client.asked > asked, 'it asks again'))
  assert.ok(waits[asked]! <= 1_000)
  stop.abort()
  await done
})
