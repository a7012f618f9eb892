// Runs a program in a container and takes what it prints, as `kubectl exec` would: over a WebSocket
// through the API server. Bounded in time and size.
import { once } from 'node:events'
import { Writable } from 'node:stream'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Access } from '../../kube/access.ts'

export interface PodProgram {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly argv: readonly string[]
}

export interface ExecLimits {
  readonly timeoutMs: number
  readonly bytesMax: number
}

/** What it printed. Throws when it could not be run, or ended with another status than 0. */
export async function execInPod(
  access: Access,
  { namespace, pod, container, argv }: PodProgram,
  { timeoutMs, bytesMax }: ExecLimits,
): Promise<string> {
  // Loaded only here: its models are 30 MB of memory.
  const { Exec } = await import('@kubernetes/client-node')
  const [stdout, stderr] = [new Printed(bytesMax), new Printed(STDERR_MAX)]
  const ended = Promise.withResolvers<ExitStatus>()
  const exec = new Exec(configOf(access, timeoutMs))
  const limit = AbortSignal.timeout(timeoutMs)
  const socket = await exec
    .exec(namespace, pod, container, [...argv], stdout, stderr, null, false, ended.resolve)
    .catch((cause: unknown) => {
      throw refusalOf(cause)
    })
  try {
    socket.onclose = () => ended.reject(new Error('the connection ended before the program did'))
    const status = await Promise.race([
      ended.promise,
      once(limit, 'abort').then(() => {
        throw new Error(`not done within ${timeoutMs / 1000} s`)
      }),
    ])
    if (status.status === 'Success') return stdout.text
    const said = stderr.text.trim() || stdout.text.trim().slice(0, STDERR_MAX)
    throw new Error([status.message, said].filter(Boolean).join(': '))
  } finally {
    socket.terminate()
  }
}

/** Of an upgrade that was refused: an event with the error in it, which knows the status alone. */
function refusalOf(cause: unknown): unknown {
  const error = (cause as { error?: Error }).error ?? cause
  const isForbidden = error instanceof Error && error.message.endsWith(' 403')
  return isForbidden ? new Error('no right to run programs in Pods (pods/exec): 403') : error
}

const STDERR_MAX = 4096

interface ExitStatus {
  readonly status?: string | undefined
  readonly message?: string | undefined
}

/** All the library asks of a configuration when it opens a socket. */
function configOf(access: Access, handshakeTimeout: number): KubeConfig {
  const { server } = access
  const config = {
    getCurrentCluster: () => ({
      name: '',
      server: `${server.origin}${server.pathname.replace(/\/$/, '')}`,
    }),
    applyToHTTPSOptions: async (options: object) => {
      const { headers, tls, agent } = await access.credentials()
      Object.assign(options, { ...tls, headers, handshakeTimeout, ...(agent ? { agent } : {}) })
    },
  }
  return config as unknown as KubeConfig
}

/** Keeps so much and lets the rest go by. */
class Printed extends Writable {
  readonly #chunks: Buffer[] = []
  #left: number

  constructor(bytesMax: number) {
    super()
    this.#left = bytesMax
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const kept = chunk.subarray(0, this.#left)
    this.#left -= kept.length
    if (kept.length > 0) this.#chunks.push(kept)
    done()
  }
}
