// The TLS flags, in Go's words as MetalLB takes them, to what Node's TLS takes. Pure: every server of
// a role gets the same answer.
import type { SecureVersion } from 'node:tls'

export interface TlsFlags {
  /** `--tls-min-version`, empty for TLS 1.3. */
  readonly minVersion: string
  /** `--tls-cipher-suites`, names with commas between. */
  readonly cipherSuites: string
  /** `--tls-curve-preferences`, numbers with commas between. */
  readonly curvePreferences: string
}

export interface TlsSettings {
  readonly minVersion: SecureVersion
  readonly ciphers?: string
  readonly ecdhCurve?: string
}

const VERSIONS: ReadonlyMap<string, SecureVersion> = new Map([
  ['', 'TLSv1.3'],
  ['VersionTLS10', 'TLSv1'],
  ['VersionTLS11', 'TLSv1.1'],
  ['VersionTLS12', 'TLSv1.2'],
  ['VersionTLS13', 'TLSv1.3'],
])

// IANA's names of what both Go and OpenSSL have below TLS 1.3, whose suites nobody can choose.
const SUITES: ReadonlyMap<string, string> = new Map([
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  // Go's older names of the same two.
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
])

const CURVES: ReadonlyMap<number, string> = new Map([
  [23, 'P-256'],
  [24, 'P-384'],
  [25, 'P-521'],
  [29, 'X25519'],
  [4588, 'X25519MLKEM768'],
])

/** Settings, or a sentence that names the flag and what is wrong with it. */
export function parseTlsFlags(flags: TlsFlags): TlsSettings | string {
  const minVersion = VERSIONS.get(flags.minVersion)
  if (!minVersion) {
    const names = [...VERSIONS.keys()].filter(Boolean).join(', ')
    return `--tls-min-version: "${flags.minVersion}" is none of ${names}`
  }
  const ciphers = parseSuites(flags.cipherSuites, minVersion)
  if (typeof ciphers === 'string') return `--tls-cipher-suites: ${ciphers}`
  const curves = parseCurves(flags.curvePreferences)
  if (typeof curves === 'string') return `--tls-curve-preferences: ${curves}`
  return {
    minVersion,
    ...(ciphers.length > 0 ? { ciphers: ciphers.join(':') } : {}),
    ...(curves.length > 0 ? { ecdhCurve: curves.join(':') } : {}),
  }
}

const listIn = (text: string) =>
  text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim())

function parseSuites(text: string, minVersion: SecureVersion): readonly string[] | string {
  const names = listIn(text)
  if (names.length > 0 && minVersion === 'TLSv1.3') {
    return 'TLS 1.3 chooses its suites itself; set --tls-min-version=VersionTLS12, or leave them out'
  }
  const unknown = names.find((name) => !SUITES.has(name))
  if (unknown !== undefined) return `"${unknown}" is not a known suite`
  return names.map((name) => SUITES.get(name)!)
}

function parseCurves(text: string): readonly string[] | string {
  const seen = new Set<number>()
  for (const entry of listIn(text)) {
    const id = Number(entry)
    if (!/^[0-9]+$/.test(entry)) return `"${entry}" is not a number`
    if (id < 1 || id > 65535) return `${entry} is not from 1 to 65535`
    if (seen.has(id)) return `${entry} stands there twice`
    if (!CURVES.has(id)) return `${entry} is none of ${[...CURVES.keys()].join(', ')}`
    seen.add(id)
  }
  return [...seen].map((id) => CURVES.get(id)!)
}
