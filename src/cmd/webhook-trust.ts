// What the API server is told about who signed our webhook's certificate, in each object that makes it
// call us: watched, so that what somebody blanks is put right at once, and what stands there is known.
import { patchWhereNeeded } from '../kube/certificate-store.ts'
import type { Client } from '../kube/client.ts'
import { pathOf } from '../kube/resources.ts'
import { type OneObject, watchOne } from '../kube/watch-one.ts'
import { configurations, definitions, type Teller, type Wanted } from '../webhook/ca-bundle.ts'
import { vouchesFor } from '../webhook/chain.ts'
import { PATIENT, type Patience, waitMs, wrote } from '../webhook/patience.ts'

const DEFINITIONS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  plural: 'customresourcedefinitions',
}
const CONFIGURATIONS = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  plural: 'validatingwebhookconfigurations',
}

/** The rights in manifests/controller/cluster-role.yaml name the same objects. */
const TELLING: readonly (readonly [OneObject, Teller])[] = [
  [{ resource: CONFIGURATIONS, name: 'metallb-webhook-configuration' }, configurations],
  [{ resource: DEFINITIONS, name: 'bgppeers.metallb.io' }, definitions],
  [{ resource: DEFINITIONS, name: 'addresspools.metallb.io' }, definitions],
]

export interface TrustOptions {
  readonly client: Client
  /** What is told is another than before. */
  readonly onChange: () => void
  /** Somebody else writes what we write, again and again. */
  readonly onContention: (name: string, waitMs: number) => void
  readonly onRefused: (error: Error) => void
}

export class WebhookTrust implements AsyncDisposable {
  readonly #options: TrustOptions
  readonly #stop = new AbortController()
  readonly #watching: Promise<unknown>
  /** By the name of the object; absent as long as nothing is known of it. */
  readonly #told = new Map<string, readonly string[]>()
  readonly #patience = new Map<string, Patience>()
  /** What of it was told, for that is once for each of our writes. */
  readonly #contended = new Map<string, Patience>()

  constructor(options: TrustOptions) {
    this.#options = options
    const { client, onChange, onRefused } = options
    const { signal } = this.#stop
    const watches = TELLING.map(([one, teller]) => {
      const see = (object: unknown) => {
        this.#told.set(one.name, object === undefined ? [] : teller.told(object).bundles)
        // Also when it says what it said before: our own writing may have come and gone between.
        onChange()
      }
      return watchOne({ client, one, signal, onChange: see, onRefused })
    })
    this.#watching = Promise.all(watches)
  }

  /**
   * Why the API server would not believe this certificate. Where no bundle stands it asks the
   * authorities of its machine; only of a certificate of our own making do we know that they do not
   * know it.
   */
  doubt(served: string, isOurs: boolean): string | undefined {
    for (const [name, bundles] of this.#told) {
      const doubts = [...new Set(bundles)].some(
        (bundle) => (bundle !== '' || isOurs) && !vouchesFor(bundle, served),
      )
      if (doubts) return `${name} tells the API server another authority than the webhook's`
    }
    return undefined
  }

  /** Where it is needed. Returns after how long to look again, when somebody else keeps writing. */
  async tell(wanted: Wanted): Promise<number | undefined> {
    let againMs: number | undefined
    for (const [one, teller] of TELLING) {
      const leftMs = await this.#tell(one, teller, wanted)
      if (leftMs !== undefined) againMs = Math.min(leftMs, againMs ?? leftMs)
    }
    return againMs
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#watching
  }

  async #tell({ resource, name }: OneObject, teller: Teller, wanted: Wanted) {
    const { client } = this.#options
    const patience = this.#patience.get(name) ?? PATIENT
    const now = performance.now()
    const leftMs = waitMs(patience, now)
    const isWritten = await patchWhereNeeded(client, pathOf(resource, { name }), (object) => {
      const steps = teller.patch(object, wanted)
      if (leftMs === 0) return steps
      if (steps.length > 0) this.#contend(name, patience, leftMs)
      return []
    })
    if (isWritten) this.#patience.set(name, wrote(patience, now))
    return leftMs > 0 ? leftMs : undefined
  }

  #contend(name: string, patience: Patience, leftMs: number): void {
    if (this.#contended.get(name) === patience) return
    this.#contended.set(name, patience)
    this.#options.onContention(name, leftMs)
  }
}
