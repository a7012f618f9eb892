// What the metrics are served with: the files of `--metrics-cert-dir`, again whenever they change, or a
// certificate of our own that nobody can verify. Never a reason not to run: without good files it is
// our own until they are.
import { describe } from '../describe.ts'
import type { Log } from '../log.ts'
import type { Certificate } from '../status/server.ts'
import { readCertificateFiles, watchCertificateFiles } from '../webhook/certificate-files.ts'
import { type CertificateData, renewed } from '../webhook/certs.ts'

export interface MetricsCertificateOptions {
  /** `--metrics-cert-dir`; empty: none. */
  readonly dir: string
  readonly dnsName: string
  readonly log: Log
  /** Of a clock in milliseconds. */
  readonly now?: () => number
  /** How often our own one is looked at. */
  readonly checkMs?: number
}

const NOTHING: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const CHECK_MS = 12 * 3_600_000

export async function openMetricsCertificate(
  options: MetricsCertificateOptions,
): Promise<MetricsCertificate> {
  const opened = new MetricsCertificate(options)
  await opened.look()
  return opened
}

export class MetricsCertificate implements AsyncDisposable {
  readonly #options: MetricsCertificateOptions
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #watching: Promise<void>
  #ours = NOTHING
  #current: Certificate
  #onChange: (certificate: Certificate) => void = () => {}
  #said = ''

  constructor(options: MetricsCertificateOptions) {
    this.#options = options
    this.#current = this.#renew()
    const { dir, checkMs = CHECK_MS } = options
    const look = () => void this.look()
    this.#timer = setInterval(look, checkMs).unref()
    this.#watching =
      dir === '' ? Promise.resolve() : watchCertificateFiles(dir, look, this.#stop.signal)
  }

  get current(): Certificate {
    return this.#current
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#onChange = listener
  }

  async look(): Promise<void> {
    const { dir } = this.#options
    const found = dir === '' ? this.#renew() : await this.#read(dir)
    if (!found || found.certificate === this.#current.certificate) return
    this.#current = found
    this.#onChange(found)
    this.#options.log.info({ op: 'http' }, 'metrics are served with a new certificate')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#stop.abort()
    await this.#watching
  }

  #renew(): Certificate {
    const { now = Date.now, dnsName } = this.#options
    this.#ours = renewed(now(), this.#ours, dnsName)
    return { certificate: this.#ours['tls.crt'], key: this.#ours['tls.key'] }
  }

  /** undefined: what is served with stays. A reason is said once. */
  async #read(dir: string): Promise<Certificate | undefined> {
    try {
      const files = await readCertificateFiles(dir)
      this.#said = ''
      return files
    } catch (error) {
      const text = describe(error)
      if (text !== this.#said) {
        this.#options.log.error({ op: 'http', error }, 'the metrics certificate cannot be read')
      }
      this.#said = text
      return undefined
    }
  }
}
