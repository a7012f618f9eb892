// Where the API server is, and how to prove who we are: the files of a Pod, or a kubeconfig. Both
// change while we run (tokens are rotated, plugins hand out new ones), so every request asks anew.
import { existsSync, readFileSync, statSync } from 'node:fs'
import type { Agent, RequestOptions } from 'node:https'
import { isIPv6 } from 'node:net'
import { delimiter, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'

export interface Tls {
  readonly ca?: string | Buffer | undefined
  readonly cert?: string | Buffer | undefined
  readonly key?: string | Buffer | undefined
  readonly servername?: string | undefined
  readonly rejectUnauthorized?: boolean | undefined
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  /** The very same value as long as it is the same. */
  readonly tls: Tls
  /** Of a proxy that the kubeconfig names. */
  readonly agent?: Agent | undefined
}

export interface Access {
  readonly server: URL
  /** Of the kubeconfig that was read. */
  readonly context?: string
  credentials(): Promise<Credentials>
  /** The server did not accept them: what is remembered is worth nothing. */
  forget(): void
}

/** A server that asks for nothing: `kubectl proxy`, a test. */
export function openAccess(server: string, headers: Record<string, string> = {}): Access {
  const credentials: Credentials = { headers, tls: {} }
  return { server: new URL(server), credentials: async () => credentials, forget: () => {} }
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface PodEnvironment {
  readonly host: string
  readonly port: string
  /** Of the service account's files. */
  readonly dir?: string
}

/** From inside a Pod. */
export function podAccess({ host, port, dir = SERVICE_ACCOUNT }: PodEnvironment): Access {
  const ca = new FileText(join(dir, 'ca.crt'))
  const token = new FileText(join(dir, 'token'))
  let tls: Tls = {}
  const credentials = async (): Promise<Credentials> => {
    if (tls.ca !== ca.read()) tls = { ca: ca.read() }
    return { headers: { authorization: `Bearer ${token.read()}` }, tls }
  }
  const forget = () => {
    ca.forget()
    token.forget()
  }
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    credentials,
    forget,
  }
}

/** A small file, read again when it is another one: the kubelet swaps a link when it rotates. */
class FileText {
  readonly #path: string
  #stamp = ''
  #text = ''

  constructor(path: string) {
    this.#path = path
  }

  read(): string {
    const { ino, mtimeMs, size } = statSync(this.#path)
    const stamp = `${ino} ${mtimeMs} ${size}`
    if (stamp !== this.#stamp) {
      this.#text = readFileSync(this.#path, 'utf8').trim()
      this.#stamp = stamp
    }
    return this.#text
  }

  forget(): void {
    this.#stamp = ''
  }
}

interface HttpsOptions extends Omit<RequestOptions, 'headers'> {
  headers?: Record<string, string>
}

/** A plugin or a certificate file is not asked more often than this. */
const KEPT_MS = 5_000

/**
 * From a kubeconfig file, or several as the variable KUBECONFIG lists them; its plugins, certificates
 * and proxies included. Without a context, its current one.
 */
export async function kubeconfigAccess(file: string, context = ''): Promise<Access> {
  // Loaded only here: in a Pod its models would be 30 MB of memory for nothing.
  const { KubeConfig } = await import('@kubernetes/client-node')
  const load = () => {
    const [first, ...others] = readConfigs(file, () => new KubeConfig())
    const config = others.reduce(addConfig, first!)
    if (context !== '') selectContext(config, context, file)
    const cluster = config.getCurrentCluster()
    if (!cluster)
      throw new Error(`${file} has no cluster for its context "${config.currentContext}"`)
    // Without TLS there is nothing to verify, and the library insists on hearing so.
    const unverified = cluster.server.startsWith('http:') ? { skipTLSVerify: true } : {}
    config.clusters = config.clusters.map((one) =>
      one.name === cluster.name ? { ...one, ...unverified } : one,
    )
    return { config, cluster }
  }
  let loaded = load()
  let isStale = false
  let known: { credentials: Promise<Credentials>; until: number } | undefined
  let tls: Tls = {}

  const ask = async (): Promise<Credentials> => {
    if (isStale) loaded = load()
    isStale = false
    const { config, cluster } = loaded
    const options: HttpsOptions = {}
    try {
      await config.applyToHTTPSOptions(options)
    } catch (error) {
      throw new Error(
        `no credentials for user "${config.getCurrentUser()?.name}" of ${file}: ${withoutText(error)}`,
      )
    }
    const next = tlsOf(options)
    if (!sameTls(tls, next)) tls = next
    const basic = options.auth ? `Basic ${Buffer.from(options.auth).toString('base64')}` : undefined
    const headers = lowerCase({ ...(basic ? { authorization: basic } : {}), ...options.headers })
    return { headers, tls, agent: cluster.proxyUrl ? (options.agent as Agent) : undefined }
  }

  return {
    server: new URL(loaded.cluster.server),
    context: loaded.config.currentContext,
    credentials: () => {
      const now = performance.now()
      if (!known || known.until < now) {
        const credentials = ask()
        known = { credentials, until: now + KEPT_MS }
        credentials.catch(() => {
          known = undefined
        })
      }
      return known.credentials
    },
    forget: () => {
      known = undefined
      isStale = true
    },
  }
}

/** Of a list, files that are not there are passed over, as kubectl does. */
function readConfigs(file: string, open: () => KubeConfig): KubeConfig[] {
  const listed = existsSync(file) ? [file] : file.split(delimiter).filter(Boolean)
  const there = listed.filter((path) => existsSync(path))
  return (there.length > 0 ? there : [file]).map((path) => {
    const config = open()
    config.loadFromFile(path)
    return config
  })
}

/** Of what both name, the first counts. The library's own way refuses such files. */
function addConfig(config: KubeConfig, next: KubeConfig): KubeConfig {
  config.clusters = firstOfEach([...config.clusters, ...next.clusters])
  config.users = firstOfEach([...config.users, ...next.users])
  config.contexts = firstOfEach([...config.contexts, ...next.contexts])
  config.currentContext ||= next.currentContext
  return config
}

const firstOfEach = <T extends { readonly name: string }>(list: readonly T[]): T[] =>
  list.filter(({ name }, at) => list.findIndex((one) => one.name === name) === at)

function selectContext(config: KubeConfig, context: string, file: string): void {
  const known = config.contexts.map(({ name }) => name)
  if (!known.includes(context)) {
    throw new Error(`${file} has no context "${context}"; there is ${known.join(', ') || 'none'}`)
  }
  config.setCurrentContext(context)
}

/** What a plugin printed may hold a token: of a text that is no JSON, the parser quotes a part. */
const withoutText = (error: unknown): string =>
  error instanceof SyntaxError ? 'the plugin printed no JSON' : (error as Error).message.trim()

const tlsOf = ({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): Tls => ({
  ca: ca as Tls['ca'],
  cert: cert as Tls['cert'],
  key: key as Tls['key'],
  servername,
  rejectUnauthorized,
})

const sameTls = (a: Tls, b: Tls): boolean => printTls(a) === printTls(b)
const printTls = ({ ca, cert, key, servername, rejectUnauthorized }: Tls): string =>
  [ca, cert, key, servername, rejectUnauthorized].join('\n')

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
