// What a role of this machine answers on loopback, for the commands that look at a node. Bounded in time
// and size: it is asked just when something hangs.
import { request } from 'node:http'

export interface LoopbackRequest {
  readonly port: number
  /** Asked when nobody is on the first. */
  readonly elsePort?: number
  readonly path: string
  readonly bytesMax: number
}

/** A plan of ten thousand Services takes a tenth of a second. */
const TIMEOUT_MS = 3_000

/** Where a speaker over a folder of files answers; it does not open the other port. */
export const FOLDER_PORT = 9120

export async function askLoopback(asked: LoopbackRequest): Promise<string> {
  const { port, elsePort } = asked
  try {
    return await askOn(port, asked)
  } catch (error) {
    if (!isRefused(error) || elsePort === undefined) throw error
    return await askOn(elsePort, asked).catch((second: unknown) => {
      // Nobody is on either: the one that was asked for is the one to tell of.
      throw isRefused(second) ? error : second
    })
  }
}

const isRefused = (error: unknown): boolean =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'

async function askOn(port: number, { path, bytesMax }: LoopbackRequest): Promise<string> {
  const where = `http://127.0.0.1:${port}${path}`
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { status, text } = await ask(where, bytesMax, signal)
    if (status !== 200) throw new Error(`${status} ${text.slice(0, 200).trim()}`)
    return text
  } catch (cause) {
    const why = signal.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1000} s`) : cause
    throw new Error(where, { cause: why })
  }
}

function ask(where: string, bytesMax: number, signal: AbortSignal) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const outgoing = request(where, { signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > bytesMax) response.destroy(new Error(`an answer of more than ${bytesMax} bytes`))
        chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
