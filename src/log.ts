// The log: one JSON line per event on stdout, with MetalLB's keys and level names, because people's
// queries are written for them. Opened by commands only and handed down.

import pino, { type DestinationStream, type Logger } from 'pino'
import type { LogLevel } from './api/metallb.ts'
import { describe } from './describe.ts'

export type Level = LogLevel
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> & { child: Logger['child'] }
/** The one a process opens. Its children follow. */
export interface RootLog extends Log {
  setLevel(level: Level): void
}

const PINO = { all: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error' } as const

/** `destination` is for tests; without one, stdout. */
export function openLog(level: Level, destination?: DestinationStream): RootLog {
  const children: Logger[] = []
  const options = {
    level: pinoLevel(level),
    // A child has a level of its own from its birth. There are few, and they live as long as we do.
    onChild: (child: Logger) => void children.push(child),
    base: null,
    messageKey: 'msg',
    errorKey: 'error',
    timestamp: () => `,"ts":"${new Date().toISOString().slice(0, 19)}Z"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describe },
  }
  // Written at once, not from a buffer: the last line before a crash is the one that matters.
  const root = pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
  const setLevel = (to: Level): void => {
    for (const one of [root, ...children]) one.level = pinoLevel(to)
  }
  return Object.assign(root, { setLevel })
}

const pinoLevel = (level: Level): string => (level === 'none' ? 'silent' : PINO[level])
