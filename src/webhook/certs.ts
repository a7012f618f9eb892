// The webhook's certificate: an authority of our own in a Secret, a server certificate beside it, and
// the authority's certificate wherever the API server looks before it calls us. One pass makes all of
// it right; it may run at any time, in any number of replicas.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { Wanted } from './ca-bundle.ts'
import { vouchesFor } from './chain.ts'
import { type Authority, makeCa, makeServer } from './x509.ts'

/** The keys of the Secret, each PEM. Missing ones are empty. */
export interface CertificateData {
  readonly 'ca.crt': string
  readonly 'ca.key': string
  readonly 'tls.crt': string
  readonly 'tls.key': string
}

export interface StoredCertificate {
  readonly data: CertificateData
  /** Writing asks that this is still the Secret's; without one, that there still is none. */
  readonly resourceVersion?: string
}

/** What the Kubernetes client does for us. */
export interface CertificateStore {
  /** undefined: there is no such Secret. */
  readSecret(): Promise<StoredCertificate | undefined>
  /** False: somebody else wrote first, and nothing was changed. */
  writeSecret(stored: StoredCertificate): Promise<boolean>
  /** Into every webhook and conversion of ours, where what is there is not enough. */
  patchCaBundle(wanted: Wanted): Promise<void>
}

/** What a server serves with. */
export interface ServingCertificate {
  readonly certificate: string
  readonly key: string
  /** What the API server verifies it with: our authority, and the one before. Absent: not known. */
  readonly caBundle?: string
}

export interface Due {
  readonly renew: 'nothing' | 'server' | 'both'
  readonly because: string
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const CA_MS = 3650 * DAY_MS
const SERVER_MS = 365 * DAY_MS
/** A certificate that will not be good this long from now is renewed. */
const AHEAD_MS = 90 * DAY_MS
/** Clocks differ. */
const BEHIND_MS = HOUR_MS

/** What has to be made anew. Pure: the certificates and the time decide. */
export function certificateDue(now: number, data: CertificateData, dnsName: string): Due {
  const ca = readPair(data['ca.crt'], data['ca.key'])
  if (typeof ca === 'string') return { renew: 'both', because: `the authority ${ca}` }
  if (!ca.ca) return { renew: 'both', because: 'the authority may not sign' }
  const caTime = wrongTime(now, ca)
  if (caTime) return { renew: 'both', because: `the authority ${caTime}` }
  const server = readPair(data['tls.crt'], data['tls.key'])
  const because =
    typeof server === 'string' ? server : (wrongTime(now, server) ?? wrongFor(server, ca, dnsName))
  if (because === undefined) return { renew: 'nothing', because: 'both are good' }
  // We sign with one sort of key. An authority of another sort, from before us, ends here.
  const renew = signerIn(data) ? 'server' : 'both'
  return { renew, because: `the server certificate ${because}` }
}

function readPair(certificate: string, key: string): X509Certificate | string {
  if (certificate === '' || key === '') return 'is missing'
  try {
    const parsed = new X509Certificate(certificate)
    return parsed.checkPrivateKey(createPrivateKey(key)) ? parsed : 'does not belong to its key'
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`
  }
}

function wrongTime(now: number, { validFromDate, validToDate }: X509Certificate) {
  if (validFromDate.getTime() > now) return 'is not good yet'
  const left = validToDate.getTime() - now
  if (left >= AHEAD_MS) return undefined
  return left < 0 ? 'has expired' : `expires in ${Math.floor(left / DAY_MS)} days`
}

function wrongFor(server: X509Certificate, ca: X509Certificate, dnsName: string) {
  if (!server.checkHost(dnsName, { subject: 'never' })) return `is not for ${dnsName}`
  return server.checkIssued(ca) && server.verify(ca.publicKey)
    ? undefined
    : 'is not signed by the authority'
}

function signerIn(data: CertificateData): Authority | undefined {
  const key = createPrivateKey(data['ca.key'])
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined
  return { name: AUTHORITY, key, publicKey: createPublicKey(key) }
}

/** As MetalLB's: what was made by one of the two is good for the other. */
const AUTHORITY = { commonName: 'cert', organization: 'metallb' }

/** The Secret's data with what is due made anew. */
export function renewed(now: number, data: CertificateData, dnsName: string): CertificateData {
  const { renew } = certificateDue(now, data, dnsName)
  if (renew === 'nothing') return data
  const from = now - BEHIND_MS
  const until = (ms: number) => ({ notBefore: from, notAfter: from + ms })
  const signer = renew === 'server' ? signerIn(data) : undefined
  if (signer) return { ...data, ...serverOf(dnsName, until(SERVER_MS), signer) }
  const ca = makeCa(AUTHORITY, AUTHORITY.commonName, until(CA_MS))
  return {
    // The one before stays trusted: another replica may still serve with it.
    'ca.crt': ca.certificate + stillGood(now, data['ca.crt']),
    'ca.key': ca.key,
    ...serverOf(dnsName, until(SERVER_MS), ca.authority),
  }
}

function serverOf(dnsName: string, validity: Parameters<typeof makeServer>[1], by: Authority) {
  const { certificate, key } = makeServer(dnsName, validity, by)
  return { 'tls.crt': certificate, 'tls.key': key }
}

/** The first certificate of a bundle, if anybody may still rely on it. */
function stillGood(now: number, bundle: string): string {
  const [first] = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/) ?? []
  if (first === undefined) return ''
  try {
    return new X509Certificate(first).validToDate.getTime() > now ? `${first.trim()}\n` : ''
  } catch {
    // What nobody can read nobody relies on.
    return ''
  }
}

/** How often another replica may be faster before something else must be wrong. */
const TRIES = 5

export interface Ensured {
  readonly now: number
  readonly dnsName: string
  /** What we serve with until now. */
  readonly served?: ServingCertificate | undefined
}

const NOTHING: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }

/**
 * Makes the Secret good and its authority known, and returns what to serve with. The bundle that goes
 * out also covers the certificate served until now. API servers hear of it by a watch, so whoever
 * takes the new one into service a few seconds later is never met with distrust.
 *
 * A Secret that was emptied or deleted gets a new authority, not the one we remember: that is how
 * somebody whose key was seen by others gets rid of it. Our bundle then names the old one as long as
 * we serve with it; it goes for good when the bundle, too, is emptied.
 */
export async function ensureCertificate(
  store: CertificateStore,
  { now, dnsName, served }: Ensured,
): Promise<ServingCertificate> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const stored = (await store.readSecret()) ?? { data: NOTHING }
    const data = renewed(now, stored.data, dnsName)
    const isOurs = data === stored.data || (await store.writeSecret({ ...stored, data }))
    if (!isOurs) continue
    await store.patchCaBundle(wanted(data, served))
    return { certificate: data['tls.crt'], key: data['tls.key'], caBundle: data['ca.crt'] }
  }
  throw new Error(`the webhook's Secret was written by somebody else ${TRIES} times in a row`)
}

function wanted(data: CertificateData, served: ServingCertificate | undefined): Wanted {
  const certificates = [data['tls.crt'], ...(served ? [served.certificate] : [])]
  const isEnough = (bundle: string) => certificates.every((one) => vouchesFor(bundle, one))
  const ours = data['ca.crt']
  return { bundle: isEnough(ours) ? ours : ours + (served?.caBundle ?? ''), isEnough }
}
