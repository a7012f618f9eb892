// Whether somebody who trusts a bundle of certificates trusts a server's. Pure: signatures and names;
// the time is for others to judge.
import { X509Certificate } from 'node:crypto'

/** What cannot be read is no certificate that anybody could rely on. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })
}

/** The server shows its own certificate first; those behind it may stand between it and the bundle. */
export function vouchesFor(bundle: string, served: string): boolean {
  const trusted = certificatesIn(bundle)
  const [server, ...between] = certificatesIn(served)
  const left = new Set(between)
  let one = server
  while (one) {
    const subject = one
    if (trusted.some((ca) => ca.raw.equals(subject.raw) || hasSigned(ca, subject))) return true
    // Each is used once, or two that signed each other would keep us here.
    one = [...left].find((next) => hasSigned(next, subject))
    if (one) left.delete(one)
  }
  return false
}

const hasSigned = (ca: X509Certificate, one: X509Certificate): boolean =>
  one.checkIssued(ca) && one.verify(ca.publicKey)
