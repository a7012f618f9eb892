// What every role serves, by path.
import type { Metrics } from '../metrics/record.ts'
import type { Answer, AnswerRoute, Route, Routes } from '../status/routes.ts'

export interface RolePages {
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>
  /** Why this process is not ready yet; undefined when it is. */
  readonly unready: () => string | undefined
  /** The last plan, as JSON; undefined before the first. */
  readonly plan: () => string | undefined
  /** How what runs beside this process is, where there is something. */
  readonly livez?: AnswerRoute | undefined
  /** The status page and what it asks for. */
  readonly status?: readonly (readonly [string, Route])[]
}

const JSON_TYPE = 'application/json'

export function roleRoutes(pages: RolePages): Routes {
  const { metrics, unready, plan, livez, status = [] } = pages
  return new Map<string, Route>([
    ...status,
    [
      '/metrics',
      { answer: async () => ({ type: metrics.contentType, text: await metrics.text() }) },
    ],
    ['/plan.json', { answer: () => planAnswer(plan()) }],
    ['/healthz', { isOpen: true, answer: () => ({ text: 'ok\n' }) }],
    ['/readyz', { isOpen: true, answer: () => readyAnswer(unready()) }],
    ...(livez ? [['/livez', livez] as const] : []),
  ])
}

function planAnswer(text: string | undefined): Answer {
  if (text === undefined) return { status: 503, text: 'there is no plan yet\n' }
  return { type: JSON_TYPE, text }
}

function readyAnswer(reason: string | undefined): Answer {
  return reason === undefined ? { text: 'ok\n' } : { status: 503, text: `${reason}\n` }
}
