// Prometheus' own checker. A machine without it skips what needs it; in CI nothing is skipped.
import { execa } from 'execa'
import { anyExists } from '../../src/lab/packages.ts'

const PROMTOOL = '/usr/bin/promtool'

/** For `test` and `suite`: why to skip, or false. */
export async function skipWithoutPromtool(env = process.env): Promise<string | false> {
  if (env.CI === 'true' || (await anyExists([PROMTOOL]))) return false
  return `there is no ${PROMTOOL}: run npm run setup`
}

export interface Verdict {
  readonly exitCode: number
  /** All it said, line by line. */
  readonly lines: readonly string[]
}

/** Whether it is content is for the caller to judge. */
export async function promtool(args: readonly string[], input = ''): Promise<Verdict> {
  const { exitCode, all = '' } = await execa(PROMTOOL, args, { input, reject: false, all: true })
  if (exitCode === undefined) throw new Error(`${PROMTOOL} could not be run: ${all}`)
  return { exitCode, lines: all.split('\n').filter((line) => line !== '') }
}
