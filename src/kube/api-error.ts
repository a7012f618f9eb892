// What the API server answers instead of an object, as an error that can be told apart. Pure, for
// those who decide what to do about it.

/** Kubernetes' `Status`, as far as anybody asks. */
interface Status {
  readonly kind?: string
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string }[]
  }
}

export interface Refusal {
  /** Of HTTP. */
  readonly status: number
  /** One word: `Forbidden`, `Expired`, `Conflict`, … */
  readonly reason: string
  /** The server's sentence. */
  readonly said: string
  readonly retryAfterMs?: number
  /** `ResourceVersionTooLarge` and its like. */
  readonly causes: readonly string[]
}

export class ApiError extends Error implements Refusal {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string
  readonly said: string
  readonly retryAfterMs?: number
  readonly causes: readonly string[]

  /** `what` was asked: a verb and a path, never a header. */
  constructor(what: string, refusal: Refusal) {
    const { status, reason, said, causes, retryAfterMs } = refusal
    super(`${what}: ${status} ${reason}${said === '' ? '' : `: ${said}`}`)
    this.status = status
    this.reason = reason
    this.said = said
    this.causes = causes
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}

export const isStatus = (error: unknown, ...statuses: number[]): error is ApiError =>
  error instanceof ApiError && statuses.includes(error.status)

/** A proxy's page of HTML is not worth more than its beginning. */
const SAID_MAX = 300

export function refusalOf(http: { status: number; retryAfter?: string; body: string }): Refusal {
  const status = readStatus(http.body)
  const seconds = Number(http.retryAfter ?? status?.details?.retryAfterSeconds)
  return {
    status: http.status,
    reason: status?.reason ?? 'Unknown',
    said: (status?.message ?? http.body.trim()).slice(0, SAID_MAX),
    causes: (status?.details?.causes ?? []).map(({ reason }) => reason ?? ''),
    ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
  }
}

/** An ERROR event of a watch carries the same object; its code stands in it. */
export function refusalOfEvent(object: unknown): Refusal {
  const { code = 500 } = (object ?? {}) as Status
  return refusalOf({ status: code, body: JSON.stringify(object ?? {}) })
}

function readStatus(body: string): Status | undefined {
  try {
    const value = JSON.parse(body) as Status | null
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
