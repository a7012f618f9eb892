// Stands in for a kubelet: runs the Pods that are bound to its node with Docker, in the node's network
// namespace or in one of their own, and tells the API server how they are. Small, and so it leaves out:
// Pods that come to an end by themselves, restarts of init containers, changes of mounted objects, renewing
// tokens, evictions, logs and exec through the API server, and judging its node.
import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { describe } from '../../../src/describe.ts'
import type { RunningPod } from '../../../src/lab/pod-runner.ts'
import { type ApiPod, type Host, KeptPod } from './kubelet-pod.ts'

interface PodEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: ApiPod
}

/** Before it asks again, after a watch that ended. */
const PAUSE_MS = 500

export async function startKubelet(host: Host): Promise<Kubelet> {
  await mkdir(host.dir, { recursive: true })
  return new Kubelet(host)
}

export class Kubelet implements AsyncDisposable {
  readonly #host: Host
  readonly #stop = new AbortController()
  /** By UID. */
  readonly #pods = new Map<string, KeptPod>()
  readonly #following: Promise<void>

  constructor(host: Host) {
    this.#host = host
    this.#following = this.#follow()
  }

  /** The Pods that run here now. */
  get running(): readonly RunningPod[] {
    return [...this.#pods.values()].flatMap(({ running }) => running ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#following
    await Promise.all([...this.#pods.values()].map((pod) => pod.drop()))
  }

  /** A watch begins with all Pods that there are. One that went while none ran is not missed. */
  async #follow(): Promise<void> {
    const { client, name, say } = this.#host
    const { signal } = this.#stop
    const query = { watch: true, fieldSelector: `spec.nodeName=${name}`, timeoutSeconds: 3600 }
    while (!signal.aborted) {
      try {
        for await (const lines of client.lines({ path: '/api/v1/pods', query, signal })) {
          for (const line of lines) this.#see(JSON.parse(line))
        }
      } catch (error) {
        if (!signal.aborted) say(`kubelet of ${name}: ${describe(error)}`)
      }
      await delay(PAUSE_MS)
    }
  }

  #see({ type, object }: PodEvent): void {
    if (type === 'BOOKMARK' || type === 'ERROR') return
    const { uid, deletionTimestamp } = object.metadata
    const known = this.#pods.get(uid)
    if (type === 'DELETED') {
      this.#pods.delete(uid)
      if (known) this.#watched(known.drop())
    } else if (deletionTimestamp) {
      this.#watched((known ?? new KeptPod(this.#host, object)).end())
    } else if (!known) {
      this.#pods.set(uid, new KeptPod(this.#host, object))
    }
  }

  /** Nobody waits for it; what goes wrong is said. */
  #watched(work: Promise<void>): void {
    work.catch((error: unknown) => this.#host.say(describe(error)))
  }
}
