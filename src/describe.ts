// An error in one line, as logs and people read it. Apart from the log, for those who have none.

/** The message and the causes behind it; the stack would only say where we noticed. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(describe).join('; ')
  }
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`
}
