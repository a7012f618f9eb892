// What this process asks of the API server, and tells users through it → series.
import { API } from './catalogue.ts'
import type { Sample, Series } from './series.ts'

export interface ApiView {
  /** `GET services 200` → how many; `error` stands for no answer at all. */
  readonly requests: ReadonlyMap<string, number>
  /** Events on objects: `sent`, or what became of them instead. */
  events(): { readonly sent: number; readonly dropped: number; readonly lost: number }
}

export class ApiMetrics {
  /** Where objects are files there is no API server. */
  #view: ApiView | undefined

  constructor(series: Series) {
    series.filled(API.requests, () =>
      [...(this.#view?.requests ?? [])].map(([key, count]): Sample => {
        const [method = '', resource = '', code = ''] = key.split(' ')
        return [{ method, resource, code }, count]
      }),
    )
    series.filled(API.events, () =>
      Object.entries(this.#view?.events() ?? {}).map(
        ([result, count]): Sample => [{ result }, count],
      ),
    )
  }

  observe(view: ApiView): void {
    this.#view = view
  }
}
