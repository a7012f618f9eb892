// The program behind prober.ts. As a kubelet it takes every certificate, follows no redirect, and is
// content with 200 to 399.
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Answer, Question } from './prober.ts'

process.on('message', ({ id, url, timeoutMs }: Question) => {
  const answer = (isGood: boolean) => process.send?.({ id, isGood } satisfies Answer)
  const options = { agent: false, signal: AbortSignal.timeout(timeoutMs) }
  const seen = (response: IncomingMessage) => {
    response.resume()
    const { statusCode = 0 } = response
    answer(statusCode >= 200 && statusCode < 400)
  }
  const call = url.startsWith('https:')
    ? requestHttps(url, { ...options, rejectUnauthorized: false }, seen)
    : requestHttp(url, options, seen)
  call.on('error', () => answer(false)).end()
})
process.on('disconnect', () => process.exit())
