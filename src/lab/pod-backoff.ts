// When a container that ended is started again: the kubelet's rule. At once the first time, then after
// ten seconds, twice as long every time, five minutes at most; ten quiet minutes, and all is forgotten. Pure.

export interface Backoff {
  readonly nextMs: number
  readonly restartedAt: number
}

const FIRST_MS = 10_000
const MAX_MS = 300_000

export function restartAfter(
  before: Backoff | undefined,
  endedAt: number,
): { readonly waitMs: number; readonly backoff: Backoff } {
  if (before === undefined || endedAt - before.restartedAt > 2 * MAX_MS)
    return { waitMs: 0, backoff: { nextMs: FIRST_MS, restartedAt: endedAt } }
  const waitMs = before.nextMs
  const nextMs = Math.min(2 * waitMs, MAX_MS)
  return { waitMs, backoff: { nextMs, restartedAt: endedAt + waitMs } }
}
