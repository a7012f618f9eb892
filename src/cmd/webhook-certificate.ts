// Where the webhook's certificate comes from: a Secret that we keep good, or files that somebody else
// does (`--disable-cert-rotation`). Either says when to look again.
import { readSecret, SECRETS, writeSecret } from '../kube/certificate-store.ts'
import type { Client } from '../kube/client.ts'
import { watchOne } from '../kube/watch-one.ts'
import { readCertificateFiles, watchCertificateFiles } from '../webhook/certificate-files.ts'
import {
  type CertificateData,
  type CertificateStore,
  ensureCertificate,
  type ServingCertificate,
} from '../webhook/certs.ts'
import { PATIENT, type Patience, waitMs, wrote } from '../webhook/patience.ts'
import type { WebhookTrust } from './webhook-trust.ts'

/** A certificate is looked at this often, whatever happens. */
const CHECK_MS = 12 * 3_600_000

export interface Kept {
  readonly certificate: ServingCertificate
  /** Whoever serves with another one takes this one after so long. */
  readonly takeAfterMs: number
  /** Look again after so long. */
  readonly againMs: number
}

export interface CertificateKeeper {
  /** Of our own making: nobody believes it who was not told to. */
  readonly isOurs: boolean
  /** Throws why there is none. */
  keep(served: ServingCertificate | undefined): Promise<Kept>
  /** Runs until the signal; calls back when what `keep` would find has changed. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>
}

export interface SecretKeeperOptions {
  readonly client: Client
  readonly place: { readonly namespace: string; readonly name: string }
  readonly dnsName: string
  readonly trust: WebhookTrust
  /** By then every API server has heard of a new authority. */
  readonly heardMs: number
  readonly onRefused: (error: Error) => void
}

const EMPTY: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }

export function secretKeeper(options: SecretKeeperOptions): CertificateKeeper {
  const { client, place, dnsName, trust, heardMs, onRefused } = options
  let patience: Patience = PATIENT
  return {
    isOurs: true,
    async keep(served) {
      let againMs = CHECK_MS
      const store: CertificateStore = {
        readSecret: async () => {
          const secret = await readSecret(client, place)
          return secret && { ...secret, data: { ...EMPTY, ...secret.data } }
        },
        writeSecret: async ({ data, ...stored }) => {
          const leftMs = waitMs(patience, performance.now())
          if (leftMs > 0) throw new Error(`somebody else keeps writing Secret ${place.name}`)
          const isWritten = await writeSecret(client, place, { ...stored, data: { ...data } })
          if (isWritten) patience = wrote(patience, performance.now())
          return isWritten
        },
        patchCaBundle: async (wanted) => {
          againMs = (await trust.tell(wanted)) ?? CHECK_MS
        },
      }
      const certificate = await ensureCertificate(store, { now: Date.now(), dnsName, served })
      return { certificate, takeAfterMs: heardMs, againMs }
    },
    watch: async (onChange, signal) => {
      const one = { resource: SECRETS, ...place }
      await watchOne({ client, one, signal, onChange, onRefused })
    },
  }
}

/** Whoever writes the files tells the API server who signed them. */
export function fileKeeper(dir: string): CertificateKeeper {
  return {
    isOurs: false,
    keep: async () => ({
      certificate: await readCertificateFiles(dir),
      takeAfterMs: 0,
      againMs: CHECK_MS,
    }),
    watch: (onChange, signal) => watchCertificateFiles(dir, onChange, signal),
  }
}
