// Takes secrets out of what is gathered, twice over: by where they stand (a field, a line of FRR, a key in
// PEM), and by what they are: what was found in one place is taken out of every other. Pure.
const MASK = '***'

/** Values that are no secrets in Secrets, and would be missed everywhere else. */
const HARMLESS_KEYS: ReadonlySet<string> = new Set([
  ...['namespace', 'username', 'user', 'ca.crt', 'tls.crt', 'service-ca.crt'],
])
const SECRET_KEY =
  /^(?:.*password|passwd|.*token|secretkey|secret_key|secret|bearer|authorization|tls\.key|client-key-data|api_?key|private_?key)$/i
const SECRET_VARIABLE = /PASS|TOKEN|SECRET|KEY|CREDENTIAL/i
const NAMES_ONE = /_(?:NAME|PATH|FILE|DIR|LABELS)$/i
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** A shorter one is in half of all words, and would tear them apart. */
const KNOWN_MIN = 4
const KNOWN_CHARACTERS_MAX = 4096
const KNOWN_MAX = 2_000
const DEPTH_MAX = 100

/** A line of FRR's configuration, in a file, an object or an answer: all that follows is the secret. */
const FRR_LINE =
  /^([ \t]*(?:no )?(?:neighbor \S+ password|(?:enable )?password|key-string|.*message-digest-key \d+ md5|.*authentication-key))[ \t]+(\S.*)$/gim
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    '[private key removed]',
  ],
  // A JSON Web Token, as service accounts have.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, MASK],
  [/\b(Bearer|Basic)[ \t]+[\w+/.~=-]{8,}/gi, `$1 ${MASK}`],
  [/(:\/\/[^\s/:@]*):[^\s/@]+@/g, `$1:${MASK}@`],
  [
    /((?:password|passwd|secretkey|token|api-?key)\\?["']?[ \t]*[:=][ \t]*)(\\?"[^"\n]*"|'[^'\n]*'|[^\s,;}\]]+)/gi,
    `$1${MASK}`,
  ],
  // Words of a log or a person: one word after it.
  [/\b(password)([ \t]+(?:is[ \t]+)?)([^\s:=,;]+)/gi, `$1$2${MASK}`],
]

export class Redactor {
  readonly #known = new Set<string>()

  /** From here on it is taken out wherever it stands, also as base64 and as JSON writes it. */
  learn(secret: string): void {
    const value = secret.trim()
    if (value.length < KNOWN_MIN || value.length > KNOWN_CHARACTERS_MAX || value === MASK) return
    if (this.#known.size >= KNOWN_MAX) return
    for (const text of new Set([secret, value])) {
      const base64 = Buffer.from(text).toString('base64')
      this.#known.add(text).add(JSON.stringify(text).slice(1, -1))
      this.#known.add(base64).add(base64.replace(/=+$/, ''))
    }
  }

  /** Whatever is known by now; for what was redacted before something else was learned. */
  withoutKnown(text: string): string {
    // The longest first: one may be a part of another.
    const known = [...this.#known].sort((a, b) => b.length - a.length)
    return known.reduce((all, one) => (all.includes(one) ? all.replaceAll(one, MASK) : all), text)
  }

  /** Configuration, logs, what a program printed. */
  text(text: string): string {
    const lines = text.replace(FRR_LINE, (_, before: string, secret: string) => {
      this.learn(secret)
      return `${before} ${MASK}`
    })
    return PATTERNS.reduce((all, [pattern, mask]) => all.replace(pattern, mask), lines)
  }

  /** JSON, such as a plan; what is none is redacted as text. */
  json(text: string): string {
    const parsed = parseJson(text)
    return parsed === undefined ? this.text(text) : JSON.stringify(this.value(parsed), null, 2)
  }

  /** An object of Kubernetes, or a part of one. */
  value(value: unknown, depth = 0): unknown {
    if (depth > DEPTH_MAX) return '[too deep]'
    if (typeof value === 'string') return this.#string(value)
    if (Array.isArray(value)) return value.map((one) => this.value(one, depth + 1))
    if (typeof value !== 'object' || value === null) return value
    const fields = value as Readonly<Record<string, unknown>>
    const isSecret = fields.kind === 'Secret'
    const isVariable = isSecretVariable(fields)
    const kept = Object.entries(fields).flatMap(([key, one]): [string, unknown][] => {
      if (key === 'managedFields') return []
      if (isSecret && (key === 'data' || key === 'stringData')) {
        return [[key, this.#secretData(one, key === 'data')]]
      }
      const hides = SECRET_KEY.test(key) || (isVariable && key === 'value')
      if (hides && typeof one === 'string') return [[key, this.#masked(one)]]
      if (key === LAST_APPLIED && parseJson(one) === undefined) return [[key, MASK]]
      return [[key, this.value(one, depth + 1)]]
    })
    return Object.fromEntries(kept)
  }

  /** Annotations hold objects as JSON, ConfigMaps hold files. */
  #string(text: string): string {
    const parsed = parseJson(text)
    return parsed === undefined ? this.text(text) : JSON.stringify(this.value(parsed))
  }

  #masked(secret: string): string {
    this.learn(secret)
    return MASK
  }

  #secretData(data: unknown, isBase64: boolean): unknown {
    if (typeof data !== 'object' || data === null) return MASK
    const entries = Object.entries(data).map(([key, value]) => {
      if (typeof value === 'string' && !HARMLESS_KEYS.has(key)) {
        this.learn(value)
        if (isBase64) this.learn(Buffer.from(value, 'base64').toString())
      }
      return [key, MASK]
    })
    return Object.fromEntries(entries)
  }
}

const isSecretVariable = ({ name, value }: Readonly<Record<string, unknown>>): boolean =>
  typeof name === 'string' &&
  typeof value === 'string' &&
  SECRET_VARIABLE.test(name) &&
  !NAMES_ONE.test(name)

/** An object or a list only: a number or a word is as good as text. */
function parseJson(text: unknown): object | undefined {
  if (typeof text !== 'string' || !/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
