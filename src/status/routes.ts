// What the status server serves: by path, a handler that answers or goes on telling. Who may look, how
// many at once, and how it goes over the wire is the server's matter.

export interface Answer {
  /** 200 without one. */
  readonly status?: number
  /** Plain text without one. */
  readonly type?: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Who listens to a stream of server-sent events (WHATWG HTML §9.2). */
export interface Listener {
  /** One event. After the end nothing happens; who does not read what was sent is let go. */
  send(data: string): void
  /** The client has gone, or we end. */
  readonly signal: AbortSignal
}

interface Common {
  /** For everybody: it tells how we are and nothing else, and the kubelet has no token. */
  readonly isOpen?: true
}

export interface AnswerRoute extends Common {
  readonly answer: (query: URLSearchParams) => Answer | Promise<Answer>
}

export interface StreamRoute extends Common {
  readonly stream: (listener: Listener) => void
}

export type Route = AnswerRoute | StreamRoute

/** By path. */
export type Routes = ReadonlyMap<string, Route>
