// The log: one JSON line per event on stdout, with MetalLB's keys and level names, because people's
// queries are written for them. Opened by commands only and handed down.

import pino, { type DestinationStream, type Logger } from 'pino'
import { describe } from './describe.ts'

/** As in MetalLB: `all` is everything, `none` nothing. */
export type Level = 'all' | 'debug' | 'info' | 'warn' | 'error' | 'none'
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> & { child: Logger['child'] }

const PINO = { all: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error' } as const

/** `destination` is for tests; without one, stdout. */
export function openLog(level: Level, destination?: DestinationStream): Log {
  const options = {
    level: level === 'none' ? 'silent' : PINO[level],
    base: null,
    messageKey: 'msg',
    errorKey: 'error',
    timestamp: () => `,"ts":"${new Date().toISOString().slice(0, 19)}Z"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describe },
  }
  // Written at once, not from a buffer: the last line before a crash is the one that matters.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
}
