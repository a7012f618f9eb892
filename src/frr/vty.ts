// One daemon's VTY socket: commands go in, answers with their status come out, in order. Separate,
// because the framing is all there is to know here; what a command means is somebody else's business.
import { createConnection, type Socket } from 'node:net'

/** FRR's status byte. 1 is a warning, and still not what was asked for. */
export const STATUS = { success: 0, warning: 1, unknown: 2, refused: 13 } as const

export interface Reply {
  readonly status: number
  readonly text: string
}

export type Judge = (reply: Reply, line: string) => boolean

const isSuccess: Judge = ({ status }) => status === STATUS.success

/** Both sides buffer what is under way, so there is a bound to it. */
const OUTSTANDING_MAX = 256
/** FRR 8.4 cuts a longer line and runs the rest of it as a line of its own. The NUL counts. */
export const LINE_BYTES_MAX = 4095
const REPLY_BYTES_MAX = 256 * 1024 * 1024
/** bgpd answers in milliseconds, to a full load in seconds; one that says nothing for so long hangs. */
const SILENCE_MS = 30_000

export interface VtyOptions {
  /** A daemon that owes an answer for so long hangs. */
  readonly silenceMs?: number
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

export class Vty implements AsyncDisposable {
  readonly #path: string
  readonly #socket: Socket
  readonly #silenceMs: number
  readonly #waiting: Waiting[] = []
  readonly #closed = Promise.withResolvers<void>()
  #received: Buffer[] = []
  #receivedBytes = 0
  #failure: Error | undefined

  /** Resolves when the socket accepts us; the error of one that does not says what to look at. */
  static open(path: string, { silenceMs = SILENCE_MS }: VtyOptions = {}): Promise<Vty> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path)
      const refuse = (cause: Error): void => reject(unreachable(path, cause))
      socket.once('error', refuse)
      socket.once('connect', () => {
        socket.off('error', refuse)
        resolve(new Vty(path, socket, silenceMs))
      })
    })
  }

  private constructor(path: string, socket: Socket, silenceMs: number) {
    this.#path = path
    this.#socket = socket
    this.#silenceMs = silenceMs
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (cause) => this.#fail(`the connection to ${path} broke`, cause))
    socket.on('timeout', () => this.#silent())
    socket.on('close', () => {
      this.#fail(`the daemon behind ${path} closed the connection`)
      this.#closed.resolve()
    })
  }

  /** Resolves when the connection is gone, whoever ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get isOpen(): boolean {
    return this.#failure === undefined
  }

  /** Sends one line and waits for its answer. */
  async request(line: string): Promise<Reply> {
    const [reply] = await this.pipeline([line])
    return reply!
  }

  /**
   * Sends lines without waiting for each answer. After the first answer that does not satisfy nothing
   * more is sent: the replies are those of the lines that were, so there may be fewer than lines.
   */
  async pipeline(lines: readonly string[], satisfies: Judge = isSuccess): Promise<Reply[]> {
    for (const line of lines) assertSendable(line)
    const replies: Reply[] = []
    let refused = false
    for (let next = 0; next < lines.length && !refused; ) {
      const batch = lines.slice(next, next + OUTSTANDING_MAX)
      next += batch.length
      for (const reply of await this.#exchange(batch)) {
        refused ||= !satisfies(reply, lines[replies.length]!)
        replies.push(reply)
      }
    }
    return replies
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.end()
    this.#socket.destroy()
    await this.closed
  }

  /** One write for all of them: FRR runs what it reads at once without doing anything in between. */
  #exchange(lines: readonly string[]): Promise<Reply[]> {
    if (this.#failure) return Promise.reject(this.#failure)
    const replies = lines.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    )
    this.#socket.setTimeout(this.#silenceMs)
    this.#socket.write(lines.map((line) => `${line}\0`).join(''))
    return Promise.all(replies)
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#receivedBytes += chunk.length
    // A long answer comes in many chunks; only one with a NUL can complete it, or the one after.
    const mayEnd = this.#waiting.length === 0 || this.#receivedBytes > REPLY_BYTES_MAX
    if (!mayEnd && !chunk.includes(0) && !this.#received.at(-2)?.includes(0)) return
    const parsed = parseReplies(Buffer.concat(this.#received))
    this.#received = [parsed.rest]
    this.#receivedBytes = parsed.rest.length
    const surplus = parsed.replies.length > this.#waiting.length
    for (const reply of parsed.replies) this.#waiting.shift()?.resolve(reply)
    if (surplus) this.#fail(`${this.#path} answered what nobody asked`)
    else if (parsed.garbage) this.#fail(`${this.#path} does not speak FRR's VTY protocol`)
    else if (parsed.rest.length > REPLY_BYTES_MAX)
      this.#fail(`${this.#path}: an answer without end`)
    else if (this.#waiting.length === 0) this.#socket.setTimeout(0)
  }

  #silent(): void {
    this.#fail(
      `no answer from ${this.#path} for ${this.#silenceMs / 1000} s: does the daemon hang?`,
    )
  }

  #fail(message: string, cause?: Error): void {
    this.#failure ??= new Error(message, { cause })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
    this.#socket.destroy()
  }
}

export interface ParsedReplies {
  readonly replies: readonly Reply[]
  /** The beginning of an answer that is still to come. */
  readonly rest: Buffer
  readonly garbage: boolean
}

/** An answer is text, three NULs and the status. */
export function parseReplies(bytes: Buffer): ParsedReplies {
  const replies: Reply[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf(0, at)
    if (end < 0 || end + 4 > bytes.length)
      return { replies, rest: bytes.subarray(at), garbage: false }
    if (bytes[end + 1] !== 0 || bytes[end + 2] !== 0) {
      return { replies, rest: bytes.subarray(at), garbage: true }
    }
    replies.push({ status: bytes[end + 3]!, text: bytes.toString('utf8', at, end) })
    at = end + 4
  }
}

/** Why FRR would not read this as one line, if so. */
export function whyUnsendable(line: string): string | undefined {
  const bytes = Buffer.byteLength(line)
  if (bytes > LINE_BYTES_MAX) return `the line has ${bytes} bytes, FRR reads ${LINE_BYTES_MAX}`
  return /[\0\r\n]/.test(line) ? 'the line holds a line break or a NUL' : undefined
}

function assertSendable(line: string): void {
  const why = whyUnsendable(line)
  if (why !== undefined) throw new Error(`cannot send "${line.slice(0, 60)}": ${why}`)
}

function unreachable(path: string, cause: Error): Error {
  const { code } = cause as NodeJS.ErrnoException
  const advice =
    code === 'EACCES'
      ? 'this process needs the group frrvty, or root'
      : code === 'ENOENT'
        ? 'the daemon is not running, or its run directory is not the one shared with FRR'
        : 'the socket is there, but no daemon listens: it was killed or is starting'
  return new Error(`cannot reach FRR at ${path} (${code}): ${advice}`, { cause })
}
