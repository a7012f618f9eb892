// What a client needs to talk to an API server: where it is, whom to trust, who the client is; as
// values, as a kubeconfig file, and as one request for those who need no client.
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { stringify } from 'yaml'

export interface Login {
  readonly url: string
  /** PEM. */
  readonly authority: string
  readonly token: string
}

export interface Access extends Login {
  /** Path of a file that says all this. */
  readonly kubeconfig: string
}

export interface User {
  readonly name: string
  readonly token: string
  readonly groups: readonly string[]
}

/** May do everything. */
export const ADMIN = 'admin'

export function makeUser(name: string): User {
  return { name, token: randomUUID(), groups: groupsOf(name) }
}

/** As the API server itself would put a service account into groups. */
function groupsOf(name: string): string[] {
  if (name === ADMIN) return ['system:masters']
  const namespace = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name)?.[1]
  if (namespace === undefined) return []
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}

/** The file of `--token-auth-file`. */
export function tokenFile(users: readonly User[]): string {
  const line = ({ name, token, groups }: User) => `${token},${name},${name},"${groups.join(',')}"\n`
  return users.map(line).join('')
}

export async function writeKubeconfig(path: string, access: Login): Promise<void> {
  const { url, authority, token } = access
  const cluster = { server: url, 'certificate-authority-data': btoa(authority) }
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
  await writeFile(path, text, { mode: 0o600 })
}

export interface Reply {
  readonly status: number
  readonly body: string
}

/** GET, to the end of the answer: a watch needs its `timeoutSeconds`. */
export function get({ url, authority, token }: Login, path: string): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const headers = { authorization: `Bearer ${token}` }
  const options = { ca: authority, headers, agent: false } as const
  const call = request(new URL(path, url), options, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
  })
  call.on('error', reject).end()
  return promise
}
