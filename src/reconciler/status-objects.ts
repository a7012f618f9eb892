// The status objects of one process: to whom a node announces each Service, and what it thinks of the
// configuration. Equal contents are the very same object, so that writing them again costs nothing.
import { hash } from 'node:crypto'
import { MESSAGE_MAX } from '../api/condition.ts'
import {
  CONTROLLER_CONDITION,
  type ConfigurationStateStatus,
  SPEAKER_CONDITION,
} from '../api/configuration-state.ts'
import { GROUP } from '../api/kinds.ts'
import type { Problem } from '../config/problem.ts'
import { printProblems } from './problem-list.ts'
import type { SpeakerPlan } from './speaker.ts'

export interface WrittenStatus<Status> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels: Readonly<Record<string, string>>
  }
  readonly status: Status
}

const apiVersion = `${GROUP}/v1beta1`

export const nodeLabel = (node: string) => ({ [`${GROUP}/node`]: node })

export interface BgpStatus {
  readonly node: string
  readonly serviceName: string
  readonly serviceNamespace: string
  readonly peers: readonly string[]
}

/** One ServiceBGPStatus for each Service that some peer hears. */
export class BgpStatuses {
  readonly #namespace: string
  #known = new Map<string, WrittenStatus<BgpStatus>>()

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  of({ node, bgpStatuses }: SpeakerPlan): WrittenStatus<BgpStatus>[] {
    const next = new Map<string, WrittenStatus<BgpStatus>>()
    for (const { service, peers } of bgpStatuses) {
      const known = this.#known.get(service)
      const isSame = known?.status.peers.join() === peers.join()
      next.set(service, known && isSame ? known : this.#build(node, service, peers))
    }
    this.#known = next
    return [...next.values()]
  }

  #build(node: string, service: string, peers: readonly string[]): WrittenStatus<BgpStatus> {
    const [serviceNamespace = '', serviceName = ''] = service.split('/')
    const labels = {
      ...nodeLabel(node),
      [`${GROUP}/service-name`]: serviceName,
      [`${GROUP}/service-namespace`]: serviceNamespace,
    }
    // The three names together may be longer than a name may be.
    const name = `bgp-${hash('sha1', `${node}/${service}`).slice(0, 12)}`
    return {
      ...{ apiVersion, kind: 'ServiceBGPStatus' },
      metadata: { name, namespace: this.#namespace, labels },
      status: { node, serviceName, serviceNamespace, peers },
    }
  }
}

export type ConfigurationState = WrittenStatus<ConfigurationStateStatus>

export interface Reporter {
  readonly namespace: string
  /** Absent: the controller. */
  readonly node?: string
}

export const reporterLabels = ({ node }: Reporter): Record<string, string> =>
  node === undefined
    ? { [`${GROUP}/component-type`]: 'controller' }
    : { [`${GROUP}/component-type`]: 'speaker', [`${GROUP}/node-name`]: node }

/** `before` stays as long as nothing else is to be said. */
export function configurationState(
  reporter: Reporter,
  problems: readonly Problem[],
  now: number,
  before?: ConfigurationState,
): ConfigurationState {
  const message = printProblems(problems, MESSAGE_MAX)
  const was = before?.status.conditions?.[0]
  if (before && was?.message === message) return before
  const isValid = problems.length === 0
  const status = isValid ? 'True' : 'False'
  const condition = {
    type: reporter.node === undefined ? CONTROLLER_CONDITION : SPEAKER_CONDITION,
    status,
    reason: isValid ? 'Reconciled' : 'ConfigurationError',
    message,
    lastTransitionTime: was?.status === status ? was.lastTransitionTime : timeOf(now),
  } as const
  return {
    ...{ apiVersion, kind: 'ConfigurationState' },
    metadata: {
      name: reporter.node === undefined ? 'controller' : `speaker-${reporter.node}`,
      namespace: reporter.namespace,
      labels: reporterLabels(reporter),
    },
    status: {
      result: isValid ? 'Valid' : 'Invalid',
      ...(isValid ? {} : { errorSummary: message }),
      conditions: [condition],
    },
  }
}

const timeOf = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`
