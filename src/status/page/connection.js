// The line to the server: small summaries come by themselves, and the report is fetched when one says
// that there is another. One fetch at a time, so that a slow line gets fewer reports and not older ones.

/** @import { StatusReport, Summary } from '../status-report.ts' */

/** The server says something every five seconds. */
const SILENCE_MS = 12_000
const AGAIN_MS = 2_000

/**
 * @typedef {object} Ears
 * @property {(summary: Summary) => void} onSummary
 * @property {(report: StatusReport) => void} onReport
 * @property {() => void} onLive what is shown is what is
 * @property {(since: number) => void} onStale when we heard of the server last
 */

/** @param {() => string} query what the report is asked for @param {Ears} ears */
export function connect(query, { onSummary, onReport, onLive, onStale }) {
  /** Shown, and of which query. */
  let shown = ''
  let wanted = ''
  let isFetching = false
  let heardAt = Date.now()
  /** @type {EventSource | undefined} */
  let source
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again

  function listen() {
    clearTimeout(again)
    source?.close()
    source = new EventSource('events')
    source.onmessage = ({ data }) => {
      heard()
      const summary = /** @type {Summary} */ (JSON.parse(data))
      onSummary(summary)
      wanted = summary.revision
      fetchReport()
    }
    source.onerror = () => {
      lost()
      // After an answer that is no stream the browser does not try again.
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(listen, AGAIN_MS)
    }
    watchSilence()
  }

  function heard() {
    heardAt = Date.now()
    watchSilence()
  }

  function watchSilence() {
    clearTimeout(silence)
    silence = setTimeout(() => {
      lost()
      listen()
    }, SILENCE_MS)
  }

  function lost() {
    // A server that starts anew counts from the beginning.
    shown = ''
    onStale(heardAt)
  }

  async function fetchReport() {
    const asked = query()
    if (shown === `${wanted} ${asked}`) onLive()
    if (isFetching || shown === `${wanted} ${asked}`) return
    isFetching = true
    const wantedFirst = wanted
    try {
      const response = await fetch(`status.json?${asked}`)
      if (!response.ok) throw new Error(`status.json: ${response.status}`)
      const report = /** @type {StatusReport} */ (await response.json())
      shown = `${report.revision} ${asked}`
      onReport(report)
      onLive()
    } catch {
      // The next event of the stream asks again; until then what is shown is what was.
      lost()
      return
    } finally {
      isFetching = false
    }
    if (wanted !== wantedFirst || asked !== query()) await fetchReport()
  }

  listen()
  return { ask: fetchReport }
}
