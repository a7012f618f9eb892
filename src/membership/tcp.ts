// Asking over a stream: our table for another's, or a ping. One connection for each question, which
// ends with the answer, with a reason, or when the time is up.
import { connect } from 'node:net'
import type { DropReason } from './drop.ts'
import { addressText, endpointText } from './endpoint.ts'
import type { Endpoint } from './event.ts'
import type { Ack, Ping, PushPull, StreamMessage } from './message.ts'
import { encodeStream, StreamReader } from './stream.ts'
import type { Receiving, Sending } from './wire.ts'

export interface Asking {
  readonly to: Endpoint
  /** For the connection; then the same again for the answer. */
  readonly timeoutMs: number
  readonly receiving: Receiving
  readonly sending: () => Sending
  /** Rows of a table that could not be read. */
  readonly onDrop: (reason: DropReason) => void
  readonly signal: AbortSignal
}

/** The other's table, as it was before it took in ours. */
export const exchangeTables = (table: PushPull, asking: Asking): Promise<PushPull> =>
  askFor('pushPull', table, asking)

export const pingOnStream = (ping: Ping, asking: Asking): Promise<Ack> =>
  askFor('ack', ping, asking)

async function askFor<const Kind extends StreamMessage['kind']>(
  kind: Kind,
  question: StreamMessage,
  asking: Asking,
): Promise<Extract<StreamMessage, { kind: Kind }>> {
  try {
    const answer = await ask(question, asking)
    if (answer.kind === 'error') throw new Error(`it answers: ${answer.error}`)
    if (answer.kind !== kind) throw new Error(`it answers with ${answer.kind}`)
    return answer as Extract<StreamMessage, { kind: Kind }>
  } catch (cause) {
    throw new Error(`${endpointText(asking.to)} over TCP`, { cause })
  }
}

async function ask(question: StreamMessage, asking: Asking): Promise<StreamMessage> {
  const { to, timeoutMs, receiving, signal } = asking
  const { promise, resolve, reject } = Promise.withResolvers<StreamMessage>()
  const socket = connect({ host: addressText(to.addr), port: to.port, noDelay: true, signal })
  const giveUp = (what: string) =>
    setTimeout(() => reject(new Error(`no ${what} in ${timeoutMs / 1000} s`)), timeoutMs)
  let timer = giveUp('connection')
  const reader = new StreamReader(receiving)
  socket.on('error', reject)
  socket.on('connect', () => {
    clearTimeout(timer)
    timer = giveUp('answer')
    socket.write(encodeStream(question, asking.sending()))
  })
  socket.on('data', (chunk) => {
    const progress = reader.push(chunk)
    if ('drop' in progress) reject(new Error(`its answer is unreadable (${progress.drop})`))
    if (!('message' in progress)) return
    for (const reason of progress.drops) asking.onDrop(reason)
    resolve(progress.message)
  })
  socket.on('close', () => reject(new Error('it closed the connection without an answer')))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
