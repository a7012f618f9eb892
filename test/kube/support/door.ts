// Lets this process reach a port in a network namespace through a port of its own loopback. A child in
// the namespace is handed every connection and takes it from there: a socket stays in the namespace
// where it was opened, whoever holds it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Netns } from '../../../src/lab/netns.ts'

const BEARER = join(import.meta.dirname, 'door-bearer.ts')

export interface Door extends AsyncDisposable {
  readonly port: number
}

/** `port` is one on the namespace's own loopback. */
export async function openDoor(netns: Netns, port: number): Promise<Door> {
  const [file = '', ...args] = netns.command([process.execPath, BEARER, String(port)])
  const bearer = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = once(bearer, 'exit')
  const first = await Promise.race([once(bearer, 'message'), gone])
  if (first[0] !== 'ready') throw new Error(`no door into ${netns.id}: ended with ${first[0]}`)
  const server = createServer({ pauseOnConnect: true }, (socket) => bearer.send('guest', socket))
  await once(server.listen(0, 'localhost'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      await closed(server)
      bearer.disconnect()
      await gone
    },
  }
}

/** Connections handed over are no longer the server's, so nothing is waited for. */
const closed = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))
