// `/livez` of a speaker: FRR's daemons, not the speaker. For eyes and for scripts: what restarts FRR is
// the probe of its own container, for our being down must not cost a session.
import { describe } from '../describe.ts'
import { LIVING, silentDaemons } from '../frr/alive.ts'
import type { Answer, AnswerRoute } from '../status/routes.ts'

/** Anybody may ask; the daemons are asked once for all who do. */
const KEPT_MS = 1_000

export function livezRoute(runDir: string): AnswerRoute {
  let last: { readonly answer: Promise<Answer>; readonly until: number } | undefined
  const look = async () => livezAnswer(await silentDaemons(runDir))
  return {
    isOpen: true,
    answer: () => {
      const now = performance.now()
      if (!last || last.until <= now) last = { answer: look(), until: now + KEPT_MS }
      return last.answer
    },
  }
}

/** 404 says that some are missing, 500 that nobody could be asked, as MetalLB has it. */
export function livezAnswer(silent: ReadonlyMap<string, Error>): Answer {
  if (silent.size === 0) return { text: '' }
  if (silent.size === LIVING.length) {
    const [error] = silent.values()
    return { status: 500, text: `${describe(error)}\n` }
  }
  return { status: 404, text: `no answer from ${[...silent.keys()].join(', ')}\n` }
}
