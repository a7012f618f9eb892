// Asks over HTTPS from where it is started, and prints the answer as JSON. As people do who cannot verify a
// certificate of our own making, it takes every one. What it shows as a token comes on stdin.
//
//   node test/containerlab/support/ask.ts URL < TOKEN
import { request } from 'node:https'
import { text } from 'node:stream/consumers'

export interface Answer {
  readonly status: number
  readonly body: string
}

if (import.meta.main) {
  const token = (await text(process.stdin)).trim()
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const options = { headers, agent: false, rejectUnauthorized: false } as const
  const call = request(process.argv[2] ?? '', options, async (response) => {
    const answer: Answer = { status: response.statusCode ?? 0, body: await text(response) }
    process.stdout.write(JSON.stringify(answer))
  })
  call.end()
}
