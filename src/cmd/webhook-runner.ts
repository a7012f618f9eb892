// The controller's webhook: gets a certificate, keeps it good, serves admission and conversion. Other
// replicas serve as well; it needs no lease. While it cannot serve, the roles judge by themselves.
import { setTimeout as delay } from 'node:timers/promises'
import { patchWhereNeeded, readSecret, writeSecret } from '../kube/certificate-store.ts'
import type { Client } from '../kube/client.ts'
import { pathOf } from '../kube/resources.ts'
import type { Log } from '../log.ts'
import { configurationPatch, definitionPatch } from '../webhook/ca-bundle.ts'
import {
  type CertificateData,
  type CertificateStore,
  ensureCertificate,
  type ServingCertificate,
} from '../webhook/certs.ts'
import { convert } from '../webhook/convert.ts'
import { review, type Standing } from '../webhook/review.ts'
import { openWebhook, type Webhook } from '../webhook/server.ts'
import type { TlsSettings } from '../webhook/tls-settings.ts'

export interface WebhookSettings {
  readonly namespace: string
  /** `--webhook-secret` */
  readonly secret: string
  /** `--cert-service-name` */
  readonly service: string
  readonly host: string
  readonly port: number
  readonly tls: TlsSettings
}

export interface WebhookRunnerOptions {
  readonly client: Client
  readonly settings: WebhookSettings
  /** What a write will stand beside, as this process knows it. */
  readonly standing: () => Standing
  readonly log: Log
}

/** A certificate is looked at this often; a failure is tried again sooner. */
const CHECK_MS = 12 * 3_600_000
const RETRY_MS = 5_000
const HEARD_MS = 5_000

const CONFIGURATION = 'metallb-webhook-configuration'
const CONVERTED = ['bgppeers.metallb.io', 'addresspools.metallb.io']
const EMPTY: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }

export class WebhookRunner implements AsyncDisposable {
  readonly #options: WebhookRunnerOptions
  readonly #dnsName: string
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #webhook: Webhook | undefined
  #isTold = false

  constructor(options: WebhookRunnerOptions) {
    this.#options = options
    this.#dnsName = `${options.settings.service}.${options.settings.namespace}.svc`
    this.#running = this.#run()
  }

  /** Why the API server could not call us; undefined when it can. */
  unready(): string | undefined {
    if (!this.#webhook) return 'the webhook has no certificate yet'
    return this.#webhook.unready(Date.now(), this.#dnsName)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#webhook?.[Symbol.asyncDispose]()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const isGood = await this.#renew()
      await this.#wait(isGood ? CHECK_MS : RETRY_MS)
    }
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#stop
    await delay(ms, undefined, { signal, ref: false }).catch((error: Error) => {
      if (!signal.aborted) throw error
    })
  }

  async #renew(): Promise<boolean> {
    const { log } = this.#options
    try {
      const store = storeOf(this.#options)
      await this.#serve(await ensureCertificate(store, { now: Date.now(), dnsName: this.#dnsName }))
      this.#isTold = false
      return true
    } catch (error) {
      if (!this.#isTold) log.error({ op: 'webhook', error }, 'the webhook cannot serve yet')
      this.#isTold = true
      return false
    }
  }

  async #serve(certificate: ServingCertificate): Promise<void> {
    if (this.#webhook) {
      // API servers hear of the new authority by a watch; until then they verify with the old one.
      await this.#wait(HEARD_MS)
      return this.#webhook.use(certificate)
    }
    const { settings, standing, log } = this.#options
    const { host, port, tls } = settings
    this.#webhook = await openWebhook(
      { host, port, tls, certificate },
      {
        review: (body) => review(body, standing()),
        convert,
        onError: (error) => log.error({ op: 'webhook', error }, 'a review failed'),
      },
    )
    log.info({ op: 'webhook', port: this.#webhook.port }, 'serving admission and conversion')
  }
}

function storeOf({ client, settings }: WebhookRunnerOptions): CertificateStore {
  const place = { namespace: settings.namespace, name: settings.secret }
  return {
    readSecret: async () => {
      const secret = await readSecret(client, place)
      return secret && { ...secret, data: { ...EMPTY, ...secret.data } }
    },
    writeSecret: ({ data, resourceVersion }) =>
      writeSecret(client, place, { data: { ...data }, resourceVersion }),
    patchCaBundle: async (bundle) => {
      const admission = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        plural: 'validatingwebhookconfigurations',
      }
      await patchWhereNeeded(client, pathOf(admission, { name: CONFIGURATION }), (object) =>
        configurationPatch(object, bundle),
      )
      const definitions = {
        apiVersion: 'apiextensions.k8s.io/v1',
        plural: 'customresourcedefinitions',
      }
      for (const name of CONVERTED) {
        await patchWhereNeeded(client, pathOf(definitions, { name }), (object) =>
          definitionPatch(object, bundle),
        )
      }
    },
  }
}
