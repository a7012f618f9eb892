// What a kubelet makes of its probes: when one is due, and what its answers add up to. Pure; who asks is
// prober.ts.
import assert from 'node:assert/strict'

export interface Probe {
  readonly httpGet?: {
    readonly host?: string
    readonly path?: string
    readonly port: number | string
    readonly scheme?: string
  }
  readonly exec?: { readonly command: readonly string[] }
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
}

export interface Verdict {
  /** `undefined` until the answers are enough to say. */
  readonly isGood: boolean | undefined
  readonly run: { readonly isGood: boolean; readonly length: number } | undefined
  readonly dueAt: number
}

/** For a container that has just started; times in milliseconds. */
export const firstVerdict = (probe: Probe, startedAt: number): Verdict => ({
  ...{ isGood: undefined, run: undefined },
  dueAt: startedAt + 1000 * (probe.initialDelaySeconds ?? 0),
})

export function nextVerdict(probe: Probe, before: Verdict, isGood: boolean, now: number): Verdict {
  const length = before.run?.isGood === isGood ? before.run.length + 1 : 1
  const enough = isGood ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  return {
    isGood: length >= enough ? isGood : before.isGood,
    run: { isGood, length },
    dueAt: now + 1000 * (probe.periodSeconds ?? 10),
  }
}

export interface Ported {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
}

/** Where a probe asks, if it asks over HTTP. */
export function urlOf(probe: Probe, { ports = [] }: Ported, podIP: string): string | undefined {
  const { httpGet } = probe
  if (httpGet === undefined) return undefined
  const { host = podIP, path = '/', scheme = 'HTTP', port } = httpGet
  const found =
    typeof port === 'number' ? port : ports.find(({ name }) => name === port)?.containerPort
  assert(found !== undefined, `a probe of port ${port}, which the container does not name`)
  return `${scheme.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${found}${path}`
}
