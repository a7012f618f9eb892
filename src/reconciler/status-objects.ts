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

/** What the statuses of a Service have in common: whose they are, and of which node. */
interface OfService {
  readonly node: string
  readonly serviceName: string
  readonly serviceNamespace: string
}

export interface BgpStatus extends OfService {
  readonly peers: readonly string[]
}

export interface L2Status extends OfService {
  /** Absent: all. */
  readonly interfaces?: readonly { readonly name: string }[]
}

type BgpStatusesOf = Pick<SpeakerPlan, 'node' | 'bgpStatuses'>

/** One ServiceBGPStatus for each Service that some peer hears. */
export class BgpStatuses {
  readonly #statuses: ServiceStatuses<Pick<BgpStatus, 'peers'>>

  constructor(namespace: string) {
    this.#statuses = new ServiceStatuses('ServiceBGPStatus', 'bgp', namespace)
  }

  of({ node, bgpStatuses }: BgpStatusesOf): WrittenStatus<BgpStatus>[] {
    const rows = bgpStatuses.map(({ service, peers }) => ({
      ...{ service, text: peers.join(), says: { peers } },
    }))
    return this.#statuses.of(node, rows)
  }
}

/** One ServiceL2Status for each Service that this node answers for. */
export class L2Statuses {
  readonly #statuses: ServiceStatuses<Pick<L2Status, 'interfaces'>>

  constructor(namespace: string) {
    this.#statuses = new ServiceStatuses('ServiceL2Status', 'l2', namespace)
  }

  of({ node, l2 }: SpeakerPlan): WrittenStatus<L2Status>[] {
    const rows = (l2?.statuses ?? []).map(({ service, interfaces }) => {
      const some = { interfaces: interfaces.map((name) => ({ name })) }
      return { service, text: interfaces.join(), says: interfaces.length > 0 ? some : {} }
    })
    return this.#statuses.of(node, rows)
  }
}

interface Row<Says> {
  /** `namespace/name` */
  readonly service: string
  readonly says: Says
  /** Equal when it says the same. */
  readonly text: string
}

interface Known<Says> {
  readonly text: string
  readonly status: WrittenStatus<OfService & Says>
}

class ServiceStatuses<Says extends object> {
  readonly #kind: string
  readonly #prefix: string
  readonly #namespace: string
  #known = new Map<string, Known<Says>>()

  constructor(kind: string, prefix: string, namespace: string) {
    this.#kind = kind
    this.#prefix = prefix
    this.#namespace = namespace
  }

  of(node: string, rows: readonly Row<Says>[]): WrittenStatus<OfService & Says>[] {
    const next = new Map<string, Known<Says>>()
    for (const row of rows) {
      const { service, text } = row
      const known = this.#known.get(service)
      const isSame = known?.text === text
      next.set(service, isSame ? known : { text, status: this.#build(node, row) })
    }
    this.#known = next
    return [...next.values()].map(({ status }) => status)
  }

  #build(node: string, { service, says }: Row<Says>): WrittenStatus<OfService & Says> {
    const [serviceNamespace = '', serviceName = ''] = service.split('/')
    const labels = {
      ...nodeLabel(node),
      [`${GROUP}/service-name`]: serviceName,
      [`${GROUP}/service-namespace`]: serviceNamespace,
    }
    // The three names together may be longer than a name may be.
    const name = `${this.#prefix}-${hash('sha1', `${node}/${service}`).slice(0, 12)}`
    return {
      ...{ apiVersion, kind: this.#kind },
      metadata: { name, namespace: this.#namespace, labels },
      status: { node, serviceName, serviceNamespace, ...says },
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
