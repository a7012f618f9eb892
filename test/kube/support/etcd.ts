// One etcd for one API server, spoken to over a socket in its directory: no port to pick, and in
// reach from every network namespace.
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Netns } from '../../../src/lab/netns.ts'
import { Daemon } from './daemon.ts'

// etcd wants a host and a port also in the name of a socket, and takes the pair as a relative path.
const CLIENTS = 'etcd.sock:1'
const MEMBERS = 'member.sock:1'
const FORCE = { force: true }

export interface EtcdOptions {
  readonly dir: string
  readonly program: string
  readonly netns?: Netns | undefined
}

export class Etcd {
  readonly #daemon: Daemon
  readonly #sockets: readonly [string, string]

  constructor({ dir, program, netns }: EtcdOptions) {
    const argv = [program, ...FLAGS]
    this.#daemon = new Daemon({ name: 'etcd', dir, argv, netns })
    this.#sockets = [join(dir, CLIENTS), join(dir, MEMBERS)]
  }

  /** As a client started in the same directory names it. */
  readonly url = `unix://${CLIENTS}`

  async start(): Promise<void> {
    // A killed etcd leaves its sockets, and a new one would not take their place.
    if (!this.#daemon.isRunning()) await Promise.all(this.#sockets.map((path) => rm(path, FORCE)))
    await this.#daemon.start(async () => {
      const { leader } = await this.#post('/v3/maintenance/status')
      return leader !== undefined && leader !== '0'
    })
  }

  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return this.#daemon.stop(signal)
  }

  /** Leaves no revision that a client can know of: one is added, and all before it go. */
  async forget(): Promise<void> {
    const { header } = await this.#post('/v3/kv/put', { key: btoa('forgotten') })
    await this.#post('/v3/kv/compaction', { revision: header.revision, physical: true })
  }

  /** etcd's gRPC as JSON. */
  async #post(path: string, body: object = {}): Promise<EtcdReply> {
    const { promise, resolve, reject } = Promise.withResolvers<EtcdReply>()
    const call = request({ socketPath: this.#sockets[0], path, method: 'POST' }, (response) => {
      json(response).then((reply) => {
        if (response.statusCode === 200) resolve(reply as EtcdReply)
        else reject(new Error(`etcd ${path}: ${JSON.stringify(reply)}`))
      }, reject)
    })
    call.on('error', reject).end(JSON.stringify(body))
    return await promise
  }
}

interface EtcdReply {
  readonly header: { readonly revision: string }
  readonly leader?: string
}

const FLAGS = [
  '--name=test',
  '--data-dir=etcd',
  `--listen-client-urls=unix://${CLIENTS}`,
  `--advertise-client-urls=unix://${CLIENTS}`,
  `--listen-peer-urls=unix://${MEMBERS}`,
  `--initial-advertise-peer-urls=unix://${MEMBERS}`,
  `--initial-cluster=test=unix://${MEMBERS}`,
  // A member that is alone waits as long as this before it elects itself.
  '--heartbeat-interval=10',
  '--election-timeout=100',
  // What a test wrote need not survive a power cut, and a busy disk would set its pace.
  '--unsafe-no-fsync',
]
