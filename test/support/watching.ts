// A watch of a few objects at an API server of our own, and what it told.
import assert from 'node:assert/strict'
import { openAccess } from '../../src/kube/access.ts'
import { type Client, openClient } from '../../src/kube/client.ts'
import { eventually } from './eventually.ts'
import { startFakeApiServer } from './fake-api-server.ts'

type Server = Awaited<ReturnType<typeof startFakeApiServer>>

export interface Watched<T> {
  readonly client: Client
  readonly signal: AbortSignal
  readonly onChange: (told: T) => void
  readonly onRefused: (error: Error) => void
}

export async function startWatching<T>(
  watch: (watched: Watched<T>) => Promise<void>,
  prepare: (server: Server) => void,
) {
  const server = await startFakeApiServer()
  prepare(server)
  const client = openClient(openAccess(server.url))
  const seen: T[] = []
  const refused: string[] = []
  const stop = new AbortController()
  const watching = watch({
    ...{ client, signal: stop.signal },
    onChange: (told) => seen.push(told),
    onRefused: ({ message }) => refused.push(message),
  })
  const saw = (...expected: T[]) => eventually(() => assert.deepEqual(seen, expected))
  const end = async () => {
    stop.abort()
    await watching
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, refused, saw, [Symbol.asyncDispose]: end }
}
