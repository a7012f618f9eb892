// Tokens of service accounts that the API server would not make any more, or not like this: signed with
// its own key, which lies in its directory.
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The server's `--service-account-issuer`, and the audience it knows itself by. */
const ISSUER = 'https://kubernetes.default.svc.cluster.local'

export interface Claims {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Seconds since 1970. */
  readonly expires: number
}

/** A JWT as a bound token has it (RFC 7519), signed with ES256. */
export function signToken(serverDir: string, { namespace, name, uid, expires }: Claims): string {
  const claims = {
    ...{ iss: ISSUER, aud: [ISSUER], sub: `system:serviceaccount:${namespace}:${name}` },
    ...{ iat: expires - 3600, nbf: expires - 3600, exp: expires },
    'kubernetes.io': { namespace, serviceaccount: { name, uid } },
  }
  const body = [{ alg: 'ES256', typ: 'JWT' }, claims].map(encoded).join('.')
  const key = createPrivateKey(readFileSync(join(serverDir, 'accounts.key')))
  const signature = sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' })
  return `${body}.${signature.toString('base64url')}`
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
