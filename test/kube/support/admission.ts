// Our webhooks in front of a real API server: registered as the manifests say, but under an address
// of this machine, with a certificate that is made, stored and made known through the API.
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse, stringify } from 'yaml'
import { configurations, definitions, type PatchStep } from '../../../src/webhook/ca-bundle.ts'
import {
  type CertificateData,
  type CertificateStore,
  ensureCertificate,
  renewed,
  type StoredCertificate,
} from '../../../src/webhook/certs.ts'
import { convert } from '../../../src/webhook/convert.ts'
import { review, type Standing } from '../../../src/webhook/review.ts'
import { openWebhook, type Webhook } from '../../../src/webhook/server.ts'
import type { Login } from './access.ts'
import type { ApiServer } from './api-server.ts'

const MANIFESTS = join(import.meta.dirname, '../../../manifests')
const NAMESPACE = 'metallb-system'
export const CONFIGURATION = 'metallb-webhook-configuration'
const CONVERTED = ['bgppeers.metallb.io', 'addresspools.metallb.io']
/** What the API server calls us, which is what it calls this machine. */
export const DNS_NAME = 'localhost'

export interface Admission extends AsyncDisposable {
  readonly store: CertificateStore
  readonly webhook: Webhook
}

/** `standing` is asked at each review; `failures` gets what should never be. */
export async function openAdmission(
  server: ApiServer,
  standing: () => Standing,
  failures: unknown[],
): Promise<Admission> {
  await server.kubectl('apply', '--server-side', '-f', join(MANIFESTS, 'crds'))
  await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
  await server.kubectl('create', 'namespace', NAMESPACE)
  await server.kubectl('apply', '-f', join(MANIFESTS, 'webhook/certificate.yaml'))
  // The port is known only when it is open, and it opens with some certificate.
  const nothing = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
  const first = renewed(Date.now(), nothing, DNS_NAME)
  const webhook = await openWebhook(
    {
      host: '127.0.0.1',
      port: 0,
      tls: { minVersion: 'TLSv1.3' },
      certificate: {
        certificate: first['tls.crt'],
        key: first['tls.key'],
        caBundle: first['ca.crt'],
      },
    },
    {
      review: (body) => review(body, standing()),
      convert,
      onError: (error) => failures.push(error),
    },
  )
  await register(server, webhook.port)
  const store = storeIn(server)
  webhook.use(await ensureCertificate(store, { now: Date.now(), dnsName: DNS_NAME }))
  return { store, webhook, [Symbol.asyncDispose]: () => webhook[Symbol.asyncDispose]() }
}

async function register(server: ApiServer, port: number): Promise<void> {
  const at = `https://${DNS_NAME}:${port}`
  const configuration = parse(await readFile(join(MANIFESTS, 'webhook/validation.yaml'), 'utf8'))
  for (const webhook of configuration.webhooks) {
    webhook.clientConfig = { url: at + webhook.clientConfig.service.path }
    // A test must see that nobody answers.
    webhook.failurePolicy = 'Fail'
  }
  await server.apply(stringify(configuration))
  const clientConfig = { service: null, url: `${at}/convert` }
  const patch = JSON.stringify({ spec: { conversion: { webhook: { clientConfig } } } })
  for (const name of CONVERTED) {
    await server.kubectl('patch', 'crd', name, '--type=merge', '-p', patch)
  }
}

/** As the Kubernetes client does it, in kubectl's words. */
function storeIn(server: ApiServer): CertificateStore {
  const readJson = async (...what: string[]) =>
    JSON.parse(await server.kubectl('get', ...what, '-o', 'json'))
  const secret = ['secret', 'metallb-webhook-cert', '-n', NAMESPACE]
  const patch = async (what: readonly string[], steps: readonly PatchStep[]) => {
    if (steps.length === 0) return
    const how = ['--type=json', '--field-manager=MetalLB', '-p', JSON.stringify(steps)]
    await server.kubectl('patch', ...what, ...how)
  }
  return {
    readSecret: async () => {
      const { data = {}, metadata } = await readJson(...secret)
      const decoded = (key: keyof CertificateData) => atob(data[key] ?? '')
      return {
        data: {
          'ca.crt': decoded('ca.crt'),
          'ca.key': decoded('ca.key'),
          'tls.crt': decoded('tls.crt'),
          'tls.key': decoded('tls.key'),
        },
        resourceVersion: metadata.resourceVersion,
      }
    },
    writeSecret: async ({ data, resourceVersion }: StoredCertificate) => {
      const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)])
      const body = { metadata: { resourceVersion }, data: Object.fromEntries(encoded) }
      await server.kubectl('patch', ...secret, '--type=merge', '-p', JSON.stringify(body))
      return true
    },
    patchCaBundle: async (wanted) => {
      const configuration = ['validatingwebhookconfiguration', CONFIGURATION]
      await patch(configuration, configurations.patch(await readJson(...configuration), wanted))
      for (const name of CONVERTED) {
        const crd = ['crd', name]
        await patch(crd, definitions.patch(await readJson(...crd), wanted))
      }
    },
  }
}

export interface WriteReply {
  readonly status: number
  readonly message: string
  readonly warnings: readonly string[]
}

const PLURALS: Readonly<Record<string, string>> = {
  IPAddressPool: 'ipaddresspools',
  AddressPool: 'addresspools',
  BGPPeer: 'bgppeers',
  BGPAdvertisement: 'bgpadvertisements',
  L2Advertisement: 'l2advertisements',
  Community: 'communities',
  BFDProfile: 'bfdprofiles',
  MetalLB: 'metallbs',
}

export interface Written {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name?: string; readonly namespace?: string }
}

/** Creates it, or only asks whether it could be. Unknown fields are refused, as kubectl has it. */
export async function create(
  login: Login,
  object: Written,
  how: 'for real' | 'dry run' = 'dry run',
): Promise<WriteReply> {
  const { url, authority, token } = login
  const namespace = object.metadata.namespace ?? NAMESPACE
  const path = `/apis/${object.apiVersion}/namespaces/${namespace}/${PLURALS[object.kind]}`
  const query = `fieldValidation=Strict${how === 'dry run' ? '&dryRun=All' : ''}`
  const { promise, resolve, reject } = Promise.withResolvers<WriteReply>()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const options = { method: 'POST', ca: authority, headers, agent: false }
  const sent = request(`${url}${path}?${query}`, options, (response) => {
    const warnings = [response.headers.warning ?? []].flat().flatMap(warningsIn)
    text(response).then((body) => {
      const message = JSON.parse(body).message ?? ''
      resolve({ status: response.statusCode ?? 0, message, warnings })
    }, reject)
  })
  sent.on('error', reject)
  sent.end(JSON.stringify(object))
  return promise
}

/** `299 - "a \"quoted\" text"`, several on one line. */
function warningsIn(header: string): string[] {
  return [...header.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!))
}
