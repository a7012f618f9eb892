// Certificates (RFC 5280) of one sort: ECDSA with P-256 and SHA-256, for a CA of our own and for the
// one server it vouches for. Node reads certificates and cannot make them.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bits,
  type Der,
  explicit,
  flags,
  implicit,
  integer,
  octets,
  oid,
  pem,
  sequence,
  set,
  time,
  truth,
  utf8,
} from './der.ts'

/** Both as PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface Validity {
  readonly notBefore: number
  readonly notAfter: number
}

export interface Authority {
  readonly name: Name
  readonly key: KeyObject
  readonly publicKey: KeyObject
}

export interface Name {
  readonly commonName: string
  readonly organization?: string
}

export interface Made extends KeyPair {
  readonly authority: Authority
}

/** A new key, and a certificate for it signed by itself. */
export function makeCa(name: Name, dnsName: string, validity: Validity): Made {
  const { privateKey, publicKey } = newKeys()
  const authority = { name, key: privateKey, publicKey }
  const extensions = [
    extension('2.5.29.19', sequence(truth(true)), 'critical'),
    extension('2.5.29.15', flags(KeyUsage.digitalSignature, KeyUsage.keyCertSign), 'critical'),
    alternativeNames(dnsName),
  ]
  const certificate = makeCertificate({ name, publicKey, validity, extensions }, authority)
  return { certificate, key: printKey(privateKey), authority }
}

/** A new key for a server of this name, vouched for by the authority. */
export function makeServer(dnsName: string, validity: Validity, authority: Authority): KeyPair {
  const { privateKey, publicKey } = newKeys()
  const extensions = [
    extension('2.5.29.19', sequence(), 'critical'),
    extension('2.5.29.15', flags(KeyUsage.digitalSignature), 'critical'),
    extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))),
    alternativeNames(dnsName),
  ]
  // Whoever connects looks at the alternative name; a common name has room for 64 characters.
  const name = { commonName: dnsName.slice(0, 64) }
  const certificate = makeCertificate({ name, publicKey, validity, extensions }, authority)
  return { certificate, key: printKey(privateKey) }
}

const KeyUsage = { digitalSignature: 0, keyCertSign: 5 } as const
const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const printKey = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }))

interface Subject {
  readonly name: Name
  readonly publicKey: KeyObject
  readonly validity: Validity
  readonly extensions: readonly Der[]
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

function makeCertificate(subject: Subject, authority: Authority): string {
  const { notBefore, notAfter } = subject.validity
  const body = sequence(
    explicit(0, integer(2n)),
    integer(serial()),
    ECDSA_WITH_SHA256,
    nameOf(authority.name),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        ...subject.extensions,
        extension('2.5.29.14', octets(keyId(subject.publicKey))),
        extension('2.5.29.35', sequence(implicit(0, keyId(authority.publicKey)))),
      ),
    ),
  )
  const signature = sign('sha256', body, authority.key)
  return pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, bits(signature)))
}

// Positive, never 0, and random as the CA/Browser Forum asks: no counter has to be kept.
const serial = () => BigInt(`0x01${randomBytes(15).toString('hex')}`)

/** RFC 7093: a hash of the public key, cut to the usual length. */
const keyId = (key: KeyObject) =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)

function nameOf({ organization, commonName }: Name): Der {
  const part = (type: string, text: string) => set(sequence(oid(type), utf8(text)))
  const first = organization === undefined ? [] : [part('2.5.4.10', organization)]
  return sequence(...first, part('2.5.4.3', commonName))
}

function extension(id: string, value: Der, weight?: 'critical'): Der {
  return sequence(oid(id), ...(weight ? [truth(true)] : []), octets(value))
}

const alternativeNames = (dnsName: string) =>
  extension('2.5.29.17', sequence(implicit(2, Buffer.from(dnsName))))
