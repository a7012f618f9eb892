// All that the page shows, as one value: of one moment, and bounded however large the cluster is.
import { type Problem, printProblem } from '../config/problem.ts'
import { controllerReport } from './controller-report.ts'
import { headlineOf } from './headline.ts'
import { type Asked, fits, listed } from './listed.ts'
import type { Remembered } from './memory.ts'
import { problemsOf } from './role-status.ts'
import { speakerReport } from './speaker-report.ts'
import type { ProblemRow, StatusReport, Summary } from './status-report.ts'

export interface Moment {
  readonly now: number
  readonly revision: string
}

export const summaryOf = (remembered: Remembered, { now, revision }: Moment): Summary => ({
  ...{ now, revision, headline: headlineOf(remembered) },
})

export function reportOf(remembered: Remembered, moment: Moment, asked: Asked): StatusReport {
  const { status, troubles, changes } = remembered
  const speaker = status.speaker && speakerReport(status.speaker, remembered, asked)
  const controller = status.controller && controllerReport(status.controller, asked)
  return {
    ...summaryOf(remembered, moment),
    who: whoIs(status),
    troubles,
    problems: listed([...problemsOf(status).values()], asked, {
      textOf: printProblem,
      rowOf: (problem) => problemRow(problem, remembered, moment.now),
    }),
    changes: changes.filter(({ subject, text }) => fits(`${subject} ${text}`, asked.terms)),
    ...(speaker ? { speaker } : {}),
    ...(controller ? { controller } : {}),
  }
}

function whoIs({ speaker, controller }: Remembered['status']): string {
  if (speaker) return `${controller ? 'standalone' : 'speaker'} of ${speaker.node}`
  return controller ? 'controller' : 'webhook'
}

function problemRow(problem: Problem, { problems }: Remembered, now: number): ProblemRow {
  const { kind, namespace, name, path, message } = problem
  return { kind, namespace, name, path, message, since: problems.get(printProblem(problem)) ?? now }
}
