// The webhook's certificate as files of a folder, that somebody else makes and changes
// (`--disable-cert-rotation`): read, and read again when they are others. Two looks a second at the
// folder's times cost nothing, and a mounted Secret is swapped by a link that not every watch sees.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ServingCertificate } from './certs.ts'

const NAMES = ['tls.crt', 'tls.key', 'ca.crt'] as const
const LOOK_MS = 500

/** Throws what is wrong with them. The authority may be missing: then nothing is known of it. */
export async function readCertificateFiles(dir: string): Promise<ServingCertificate> {
  const read = (name: string) => readFile(join(dir, name), 'utf8')
  // One after the other: of several that are missing it is always the same that is named.
  const certificate = await read('tls.crt')
  const key = await read('tls.key')
  const caBundle = await read('ca.crt').catch(unlessMissing)
  // Half of a change: the rest comes at the next look.
  if (!belongs(certificate, key)) throw new Error(`tls.crt and tls.key of ${dir} are not a pair`)
  return { certificate, key, ...(caBundle ? { caBundle } : {}) }
}

function belongs(certificate: string, key: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
}

/** Calls back whenever a file is another one than at the look before. */
export async function watchCertificateFiles(
  dir: string,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let seen = await stampOf(dir)
  while (!signal.aborted) {
    await delay(LOOK_MS, undefined, { signal, ref: false }).catch((error: Error) => {
      if (!signal.aborted) throw error
    })
    const stamp = await stampOf(dir)
    if (stamp !== seen) onChange()
    seen = stamp
  }
}

async function stampOf(dir: string): Promise<string> {
  const stats = NAMES.map(async (name) => {
    const { ino, mtimeMs, size } = await stat(join(dir, name))
    return `${ino} ${mtimeMs} ${size}`
  })
  return (await Promise.allSettled(stats)).map((one) => describe(one)).join()
}

const describe = (one: PromiseSettledResult<string>) =>
  one.status === 'fulfilled' ? one.value : 'unreadable'

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
