// The controller's webhook: gets a certificate, keeps it good, serves admission and conversion. Other
// replicas serve as well; it needs no lease. While it cannot serve, the roles judge by themselves.
import { describe } from '../describe.ts'
import type { Client } from '../kube/client.ts'
import type { Log } from '../log.ts'
import { Loop } from '../reconciler/loop.ts'
import type { ServingCertificate } from '../webhook/certs.ts'
import { convert } from '../webhook/convert.ts'
import { review, type Standing } from '../webhook/review.ts'
import { openWebhook, type Webhook } from '../webhook/server.ts'
import type { TlsSettings } from '../webhook/tls-settings.ts'
import {
  type CertificateKeeper,
  fileKeeper,
  type Kept,
  secretKeeper,
} from './webhook-certificate.ts'
import { WebhookTrust } from './webhook-trust.ts'

export interface WebhookSettings {
  readonly namespace: string
  /** `--webhook-secret` */
  readonly secret: string
  /** `--cert-dir`, with `--disable-cert-rotation`: the Secret is not looked at. */
  readonly certDir?: string | undefined
  /** The API server asks for this name: that of the Service. */
  readonly dnsName: string
  readonly host: string
  readonly port: number
  readonly tls: TlsSettings
  /** Until every API server has heard of a new authority. */
  readonly heardMs?: number
}

export interface WebhookRunnerOptions {
  readonly client: Client
  readonly settings: WebhookSettings
  /** What a write will stand beside, as this process knows it. */
  readonly standing: () => Standing
  readonly log: Log
}

const HEARD_MS = 5_000

/** A new certificate that waits until the API servers have heard of its authority. */
interface Coming {
  readonly certificate: ServingCertificate
  readonly at: number
}

export class WebhookRunner implements AsyncDisposable {
  readonly #options: WebhookRunnerOptions
  readonly #stop = new AbortController()
  readonly #loop: Loop
  readonly #trust: WebhookTrust
  readonly #keeper: CertificateKeeper
  readonly #running: Promise<unknown>
  #webhook: Webhook | undefined
  #coming: Coming | undefined
  #timer: NodeJS.Timeout | undefined
  #said = ''

  constructor(options: WebhookRunnerOptions) {
    const { client, settings, log } = options
    const { heardMs = HEARD_MS } = settings
    const { signal } = this.#stop
    this.#options = options
    const onRefused = (error: Error) =>
      log.error({ op: 'webhook', error }, 'what happens to the webhook objects is seen late')
    this.#loop = new Loop({
      signal,
      pass: () => this.#pass(),
      onFailure: ({ error }) => this.#tellFailure(error),
    })
    this.#trust = new WebhookTrust({
      ...{ client, onChange: this.#loop.markDirty, onRefused },
      onContention: (object, waitMs) =>
        log.warn({ op: 'webhook', object, waitMs }, 'somebody else keeps writing caBundle'),
    })
    this.#keeper =
      settings.certDir === undefined
        ? secretKeeper({
            ...{ client, dnsName: settings.dnsName, trust: this.#trust, heardMs, onRefused },
            place: { namespace: settings.namespace, name: settings.secret },
          })
        : fileKeeper(settings.certDir)
    const watching = this.#keeper.watch(this.#loop.markDirty, signal)
    this.#running = Promise.all([this.#loop.run(), watching])
  }

  /** Why the API server could not call us; undefined when it can. */
  unready(): string | undefined {
    const webhook = this.#webhook
    if (!webhook) return 'the webhook has no certificate yet'
    const { certificate } = webhook.served
    return (
      webhook.unready(Date.now(), this.#options.settings.dnsName) ??
      this.#trust.doubt(certificate, this.#keeper.isOurs)
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    clearTimeout(this.#timer)
    await this.#trust[Symbol.asyncDispose]()
    await this.#webhook?.[Symbol.asyncDispose]()
  }

  async #pass(): Promise<void> {
    const kept = await this.#keeper.keep(this.#webhook?.served)
    await this.#serve(kept)
    this.#lookAgain(kept.againMs)
    if (this.#said !== '') this.#options.log.info({ op: 'webhook' }, 'the webhook is well again')
    this.#said = ''
  }

  async #serve({ certificate, takeAfterMs }: Kept): Promise<void> {
    if (!this.#webhook) {
      this.#webhook = await this.#open(certificate)
      return
    }
    const { served } = this.#webhook
    const isNew = served.certificate !== certificate.certificate
    if (isNew && this.#webhook.unready(Date.now(), this.#options.settings.dnsName) === undefined) {
      const isComing = this.#coming?.certificate.certificate === certificate.certificate
      if (!isComing) this.#coming = { certificate, at: performance.now() + takeAfterMs }
      if (performance.now() < this.#coming!.at) return
    }
    this.#coming = undefined
    this.#webhook.use(certificate)
    if (isNew) this.#options.log.info({ op: 'webhook' }, 'serving with a new certificate')
  }

  async #open(certificate: ServingCertificate): Promise<Webhook> {
    const { settings, standing, log } = this.#options
    const { host, port, tls } = settings
    const webhook = await openWebhook(
      { host, port, tls, certificate },
      {
        review: (body) => review(body, standing()),
        convert,
        onError: (error) => log.error({ op: 'webhook', error }, 'a review failed'),
      },
    )
    log.info({ op: 'webhook', port: webhook.port }, 'serving admission and conversion')
    return webhook
  }

  #lookAgain(againMs: number): void {
    const comingMs = this.#coming ? this.#coming.at - performance.now() : againMs
    clearTimeout(this.#timer)
    // One millisecond more: a timer may be early by a part of one.
    const ms = Math.max(0, Math.ceil(Math.min(againMs, comingMs))) + 1
    this.#timer = setTimeout(this.#loop.markDirty, ms).unref()
  }

  /** Once for each reason; it is tried again until it succeeds. */
  #tellFailure(error: unknown): void {
    const text = describe(error)
    if (text === this.#said) return
    this.#said = text
    const what = this.#webhook ? 'the webhook certificate' : 'the webhook cannot serve yet'
    this.#options.log.error({ op: 'webhook', error }, what)
  }
}
