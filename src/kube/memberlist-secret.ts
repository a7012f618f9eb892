// The key of the speakers' gossip: a Secret that the controller makes where there is none. It is never
// overwritten. Separate from what others keep in Secrets, for here losing one is worse than having a
// wrong one: speakers with different keys do not see each other, and both answer for one address.
import { randomBytes } from 'node:crypto'
import { Secret } from '../api/secret.ts'
import { Loop } from '../reconciler/loop.ts'
import { isStatus } from './api-error.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf } from './resources.ts'
import { watchOne } from './watch-one.ts'
import { send, type Writing } from './write.ts'

export interface MemberlistSecretOptions extends Writing {
  readonly namespace: string
  /** `--ml-secret-name` */
  readonly name: string
  /** `--deployment`: the Secret goes when it goes. Empty: it stays for ever. */
  readonly deployment: string
  readonly onMade: (how: 'a new key' | 'the key that stood there') => void
  readonly onError: (error: Error) => void
}

const SECRETS = { apiVersion: 'v1', plural: 'secrets' }
const DEPLOYMENTS = { apiVersion: 'apps/v1', plural: 'deployments' }
const KEY = 'secretkey'

export function openMemberlistSecret(options: MemberlistSecretOptions): MemberlistSecret {
  return new MemberlistSecret(options)
}

export class MemberlistSecret implements AsyncDisposable {
  readonly #options: MemberlistSecretOptions
  readonly #stop = new AbortController()
  readonly #loop: Loop
  readonly #running: Promise<unknown>
  /** undefined: nobody has looked yet. */
  #isThere: boolean | undefined
  /** As it last stood there. Speakers that run go on with it, so a Secret that was deleted gets it back. */
  #known: Secret | undefined

  constructor(options: MemberlistSecretOptions) {
    const { client, namespace, name, onError } = options
    this.#options = options
    const { signal } = this.#stop
    this.#loop = new Loop({
      signal,
      pass: () => this.#make(),
      onFailure: ({ error, attempt }) => {
        if (attempt === 1) onError(new Error(`cannot make Secret ${name}`, { cause: error }))
      },
    })
    const watching = watchOne({
      ...{ client, signal, one: { resource: SECRETS, namespace, name } },
      onChange: (secret) => this.#see(secret),
      onRefused: onError,
    })
    this.#running = Promise.all([watching, this.#loop.run()])
  }

  /** Call it when this controller may write now. */
  readonly look = (): void => this.#loop.markDirty()

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  #see(secret: ListedObject | undefined): void {
    const { name, onError } = this.#options
    const was = this.#isThere
    this.#isThere = secret !== undefined
    if (secret) {
      const text = (secret as { data?: Record<string, string> }).data?.[KEY]
      // Whoever wants another key writes it there, and from then on it is the one to keep.
      if (text) this.#known = new Secret(text)
      else if (!was) onError(new Error(`Secret ${name} has no ${KEY}; it is left as it is`))
    }
    this.#loop.markDirty()
  }

  /**
   * Only who leads makes it. Two could make two keys: one of them has seen the Secret that is missing
   * now, the other has just started.
   */
  async #make(): Promise<void> {
    const { client, fence, namespace, name, deployment, onMade } = this.#options
    if (this.#isThere !== false || fence.leftMs() <= 0) return
    const owner = deployment === '' ? undefined : await this.#owner()
    const known = this.#known
    const metadata = {
      ...{ name, namespace, labels: { app: 'metallb', 'app.kubernetes.io/name': 'metallb' } },
      ...(owner ? { ownerReferences: [owner] } : {}),
    }
    const key = known ?? new Secret(newKey())
    const data = { [KEY]: key.reveal() }
    const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }
    const path = pathOf(SECRETS, { namespace })
    try {
      await send({ client, fence }, { method: 'POST', path, body })
      this.#known = key
      onMade(known ? 'the key that stood there' : 'a new key')
    } catch (error) {
      // Somebody was faster; the watch will tell what it says.
      if (!isStatus(error, 409)) throw error
    }
  }

  /** Without it there is nobody to clean up after us: we are being removed, or were told a wrong name. */
  async #owner(): Promise<object> {
    const { client, namespace, deployment: name } = this.#options
    const path = pathOf(DEPLOYMENTS, { namespace, name })
    const { metadata } = await client.request<DeploymentObject>({ path })
    if (metadata.deletionTimestamp) throw new Error(`Deployment ${name} is being deleted`)
    return { apiVersion: DEPLOYMENTS.apiVersion, kind: 'Deployment', name, uid: metadata.uid }
  }
}

interface DeploymentObject {
  readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string }
}

/**
 * 16 random bytes as text without padding, and then as Kubernetes encodes any value. Speakers take the
 * 22 characters as they are, MetalLB's among them.
 */
function newKey(): string {
  const text = randomBytes(16).toString('base64').replace(/=+$/, '')
  return Buffer.from(text).toString('base64')
}
