// An API server in memory, for what a real one cannot be made to do on command: lose a connection,
// forget its past, answer nonsense. Objects, versions, watches and merge patches behave as the real
// ones do; `test/kube` holds the proof.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseExact, printExact } from '../../src/kube/exact-json.ts'

export interface FakeObject {
  apiVersion: string
  kind: string
  metadata: Record<string, unknown> & { name: string; namespace?: string }
  [field: string]: unknown
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
}

/** Answers a request in place of the server; returns false to let the server answer. */
export type Intercept = (asked: Asked, response: ServerResponse) => boolean

type Answer = readonly [status: number, body: unknown]

/** Of one namespace, or of all. */
const COLLECTION = /^\/(api\/v1|apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/[^/]+$/

interface Stored {
  readonly path: string
  readonly object: FakeObject
}
interface Past {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly stored: Stored
  /** For who selects by label: one that is not selected any more is as good as deleted. */
  readonly before?: FakeObject | undefined
}

export class FakeApiServer implements AsyncDisposable {
  /** All that was asked, watches included. */
  readonly asked: Asked[] = []
  intercept: Intercept = () => false
  readonly #server = createServer((request, response) => void this.#take(request, response))
  readonly #objects = new Map<string, FakeObject>()
  readonly #past: Past[] = []
  readonly #watches = new Set<{
    collection: string
    query: URLSearchParams
    response: ServerResponse
  }>()
  #version = 100
  #forgotten = 0
  #port = 0

  async start(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(this.#port, '127.0.0.1', resolve)
    await promise
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** Nobody listens any more, and all connections are reset; `start` takes the same port again. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    this.#watches.clear()
    await closed
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get watchCount(): number {
    return this.#watches.size
  }

  /** Creates it, or replaces what stands there. `path` is that of its list. */
  put(collection: string, object: FakeObject): FakeObject {
    const path = `${collection}/${object.metadata.name}`
    const before = this.#objects.get(path)
    const version = ++this.#version
    const metadata = {
      uid: `uid-${version}`,
      ...(before ? { uid: before.metadata.uid } : {}),
      ...object.metadata,
      resourceVersion: String(version),
    }
    const stored = { ...object, metadata }
    this.#objects.set(path, stored)
    const type = before ? 'MODIFIED' : 'ADDED'
    this.#tell({ version, type, stored: { path, object: stored }, before })
    return stored
  }

  remove(path: string): void {
    const object = this.#objects.get(path)
    if (!object) return
    const version = ++this.#version
    this.#objects.delete(path)
    const metadata = { ...object.metadata, resourceVersion: String(version) }
    this.#tell({ version, type: 'DELETED', stored: { path, object: { ...object, metadata } } })
  }

  get(path: string): FakeObject | undefined {
    return this.#objects.get(path)
  }

  paths(): string[] {
    return [...this.#objects.keys()].sort()
  }

  /** As etcd's compaction: a watch from before now gets a 410. */
  forget(): void {
    this.#forgotten = this.#version
    this.#past.length = 0
  }

  /** Text into the watches of a list, as it is. */
  write(collection: string, text: string): void {
    for (const watch of this.#watches)
      if (watch.collection === collection) watch.response.write(text)
  }

  /** Ends the watches of a list: properly, or by a reset. */
  endWatches(collection: string, how: 'close' | 'reset'): void {
    for (const watch of this.#watches) {
      if (watch.collection !== collection) continue
      this.#watches.delete(watch)
      if (how === 'close') watch.response.end()
      else watch.response.socket?.resetAndDestroy()
    }
  }

  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.#version) } }
    const line = `${JSON.stringify({ type: 'BOOKMARK', object })}\n`
    for (const { response } of this.#watches) response.write(line)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url)
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const asked = {
      method: request.method!,
      path: url.pathname,
      query: url.searchParams,
      body: text === '' ? undefined : parseExact(text),
      headers: request.headers,
    }
    this.asked.push(asked)
    if (this.intercept(asked, response)) return
    if (asked.query.has('watch')) this.#watch(asked, response)
    else {
      const [status, body] = this.#answer(asked)
      reply(response, status, body)
    }
  }

  #answer(asked: Asked): Answer {
    const path = asked.path.replace(/\/status$/, '')
    const before = this.#objects.get(path)
    if (asked.method === 'GET' && COLLECTION.test(path)) return this.#list(asked)
    if (asked.method === 'POST') return this.#create(path, asked.body as FakeObject)
    if (!before) return refusal(404, 'NotFound', `${path} not found`)
    switch (asked.method) {
      case 'GET':
        return [200, before]
      case 'DELETE':
        this.remove(path)
        return [200, { kind: 'Status', status: 'Success' }]
      default:
        return this.#update(asked, path, before)
    }
  }

  #create(collection: string, object: FakeObject): Answer {
    const { name } = object.metadata
    if (this.#objects.has(`${collection}/${name}`)) {
      return refusal(409, 'AlreadyExists', `${name} already exists`)
    }
    // A status is not written by a creation.
    const { status: _status, ...created } = object
    return [201, this.put(collection, created as FakeObject)]
  }

  #update({ method, path, body }: Asked, target: string, before: FakeObject): Answer {
    const { resourceVersion } = (body as FakeObject).metadata ?? {}
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      return refusal(409, 'Conflict', 'the object has been modified')
    }
    const after = (method === 'PUT' ? body : patched(before, body)) as FakeObject
    if (after === undefined) return refusal(422, 'Invalid', 'a test of the patch failed')
    // A kind without that subresource (a Lease) would have no status either.
    const kept = path === target ? { status: before.status } : { spec: before.spec }
    const object = { ...after, ...kept }
    if (printExact(object) === printExact(before)) return [200, before]
    return [200, this.put(target.slice(0, target.lastIndexOf('/')), object)]
  }

  #list({ path, query }: Asked): Answer {
    const limit = Number(query.get('limit') ?? 0)
    const from = Number(query.get('continue') ?? 0)
    const all = [...this.#objects]
      .filter(([at, object]) => isIn(at, path) && isSelected(object, query))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
    const items = limit > 0 ? all.slice(from, from + limit) : all
    const isMore = limit > 0 && from + limit < all.length
    const next = isMore ? { continue: String(from + limit) } : {}
    const metadata = { resourceVersion: String(this.#version), ...next }
    return [200, { kind: 'List', apiVersion: 'v1', metadata, items }]
  }

  #watch({ path, query }: Asked, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (from < this.#forgotten) {
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      return
    }
    const watch = { collection: path, query, response }
    for (const past of this.#past) if (past.version > from) send(watch, past)
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
  }

  #tell(past: Past): void {
    this.#past.push(past)
    for (const watch of this.#watches) send(watch, past)
  }
}

export const startFakeApiServer = (): Promise<FakeApiServer> => new FakeApiServer().start()

function send(
  {
    collection,
    query,
    response,
  }: { collection: string; query: URLSearchParams; response: ServerResponse },
  { type, stored: { path, object }, before }: Past,
): void {
  if (!isIn(path, collection)) return
  const isLeft = before !== undefined && isSelected(before, query) && !isSelected(object, query)
  if (!isLeft && !isSelected(object, query)) return
  response.write(`${printExact({ type: isLeft ? 'DELETED' : type, object })}\n`)
}

/** Whether an object's path is in a list: of its namespace, or of all. */
function isIn(path: string, collection: string): boolean {
  const parent = path.slice(0, path.lastIndexOf('/'))
  return parent === collection || parent.replace(/\/namespaces\/[^/]+/, '') === collection
}

function isSelected(object: FakeObject, query: URLSearchParams): boolean {
  // Of the fields one can select by, the name is the one that every kind has.
  const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1]
  if (name !== undefined && name !== object.metadata.name) return false
  const labels = (object.metadata.labels ?? {}) as Record<string, string>
  const wanted = query.get('labelSelector')?.split(',') ?? []
  return wanted.every((one) => {
    const [name = '', value] = one.split('=')
    return value === undefined ? name in labels : labels[name] === value
  })
}

export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(printExact(body))
}

const refusal = (code: number, reason: string, message: string): Answer => [
  code,
  { kind: 'Status', status: 'Failure', code, reason, message },
]

export function refuse(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  reply(response, ...refusal(code, reason, message))
}

interface PatchStep {
  readonly op: 'test' | 'add' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** undefined: a test in it failed. */
function patched(target: FakeObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) return merge(target, patch)
  const whole = structuredClone(target)
  for (const { op, path, value } of patch as PatchStep[]) {
    const steps = path.slice(1).split('/')
    const last = steps.pop()!
    const parent = steps.reduce<unknown>((at, step) => (at as Fields)?.[step], whole) as Fields
    if (op === 'test' && parent?.[last] !== value) return undefined
    if (op === 'add') parent[last] = value
    if (op === 'remove') delete parent[last]
  }
  return whole
}

type Fields = Record<string, unknown>

/** RFC 7386. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target)
  const merged: Record<string, unknown> = isObject ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = merge(merged[name], value)
  }
  return merged
}
