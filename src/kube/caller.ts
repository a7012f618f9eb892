// Who shows a token, and whether they may get a path of ours: two questions to the API server, as
// Kubernetes' own servers ask them (TokenReview, then SubjectAccessReview).
import type { ApiRequest, Client } from './client.ts'

export interface Caller {
  readonly token: string
  /** As a ClusterRole names it under `nonResourceURLs`. */
  readonly path: string
}

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly user?: User }
}

interface User {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean }
}

/** Less than a client of ours waits. */
const LIMITS = { timeoutMs: 4_000, connectMs: 2_000 } as const

/** Throws why the API server could not be asked; the token is in nothing that it throws. */
export async function reviewCaller(
  client: Client,
  { token, path }: Caller,
): Promise<'allowed' | 'denied' | 'unknown'> {
  // No audiences: those of the API server, so a token that was made for somebody else is nobody's.
  const { status: known } = await client.request<TokenReview>(
    question('authentication.k8s.io', 'TokenReview', { token }),
  )
  if (known?.authenticated !== true || !known.user) return 'unknown'
  const { username: user, uid, groups, extra } = known.user
  const nonResourceAttributes = { path, verb: 'get' }
  const { status: access } = await client.request<SubjectAccessReview>(
    question('authorization.k8s.io', 'SubjectAccessReview', {
      ...{ user, uid, groups, extra, nonResourceAttributes },
    }),
  )
  return access?.allowed === true ? 'allowed' : 'denied'
}

function question(group: string, kind: string, spec: object): ApiRequest {
  const apiVersion = `${group}/v1`
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`
  const body = { apiVersion, kind, spec }
  return { method: 'POST', path, body, isQuestion: true, ...LIMITS }
}
