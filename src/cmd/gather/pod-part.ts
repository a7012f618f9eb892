// Gathers what the Pods of our namespace say: their logs, and of each speaker's Pod the files of FRR and
// what its commands print, run there as `kubectl exec` would.
import { describe } from '../../describe.ts'
import type { Access } from '../../kube/access.ts'
import type { Client } from '../../kube/client.ts'
import { pathOf } from '../../kube/resources.ts'
import { type Collection, LIMITS } from './collection.ts'
import { FRR_COMMANDS, FRR_FILES, fileOf } from './frr-part.ts'
import { execInPod } from './pod-exec.ts'
import { whyNot } from './why-not.ts'

export interface Pod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[]
    readonly initContainers?: readonly { readonly name: string }[]
  }
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly name: string
      readonly restartCount?: number
    }[]
  }
}

export interface PodPartOptions {
  readonly client: Client
  readonly access: Access
  readonly namespace: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** At once: kubelets are many, and each takes a tenth of a second to answer. */
const PODS_AT_ONCE = 8
const PODS_MAX = 1000
const LOG_LINES = 20_000
const LOG_MS = 60_000
const EXEC_MS = 20_000
const FRR = 'frr'

export async function gatherPods(
  files: Collection,
  pods: readonly Pod[],
  options: PodPartOptions,
): Promise<void> {
  const waiting = pods.slice(0, PODS_MAX)
  if (pods.length > PODS_MAX) files.miss('pods/', `there are ${pods.length}; the rest is left out`)
  const next = async (): Promise<void> => {
    for (let pod = waiting.shift(); pod && !options.signal.aborted; pod = waiting.shift()) {
      options.say(`Pod ${pod.metadata.name}`)
      // FRR's own files first: what passwords they hold is known to the redactor of the logs then.
      if (isSpeaker(pod)) await gatherFrr(files, pod, options)
      await gatherLogs(files, pod, options)
    }
  }
  await Promise.all(Array.from({ length: PODS_AT_ONCE }, next))
}

const isSpeaker = ({ metadata, spec }: Pod): boolean =>
  (metadata.labels?.component === 'speaker' ||
    metadata.labels?.['app.kubernetes.io/component'] === 'speaker') &&
  (spec?.containers ?? []).some(({ name }) => name === FRR)

async function gatherFrr(
  files: Collection,
  { metadata: { name: pod } }: Pod,
  { access, namespace }: PodPartOptions,
): Promise<void> {
  const run = async (file: string, argv: readonly string[], about: string) => {
    const path = `pods/${pod}/frr/${file}`
    const limits = { timeoutMs: EXEC_MS, bytesMax: LIMITS.fileBytes + 4096 }
    const gather = async () => {
      const text = await execInPod(access, { namespace, pod, container: FRR, argv }, limits)
      files.addText(path, text, about, file.endsWith('.log') ? 'tail' : 'head')
    }
    await files.try(path, gather, describe)
  }
  for (const [name, about] of FRR_FILES) {
    const tail = ['tail', '-c', String(LIMITS.fileBytes), `/etc/frr/${name}`]
    await run(name, name.endsWith('.log') ? tail : ['cat', `/etc/frr/${name}`], about)
  }
  for (const { command, about } of FRR_COMMANDS) {
    await run(fileOf(command), ['vtysh', '-c', command], `${about} (${command})`)
  }
}

async function gatherLogs(files: Collection, pod: Pod, options: PodPartOptions): Promise<void> {
  const { name } = pod.metadata
  const restarted = new Set(
    (pod.status?.containerStatuses ?? [])
      .filter(({ restartCount }) => (restartCount ?? 0) > 0)
      .map((one) => one.name),
  )
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  for (const { name: container } of containers) {
    for (const previous of restarted.has(container) ? [false, true] : [false]) {
      const path = `pods/${name}/${container}${previous ? '.previous' : ''}.log`
      const about = `the end of its log${previous ? ' before it was started again' : ''}`
      const gather = async () => {
        const text = await readLog({ pod: name, container, previous }, options)
        files.addText(path, text, about, 'tail')
      }
      await files.try(path, gather, whyNot)
    }
  }
}

async function readLog(
  { pod, container, previous }: { pod: string; container: string; previous: boolean },
  { client, namespace, signal }: PodPartOptions,
): Promise<string> {
  const place = { namespace, name: pod }
  const path = `${pathOf({ apiVersion: 'v1', plural: 'pods' }, place)}/log`
  const query = { container, previous, tailLines: LOG_LINES, limitBytes: LIMITS.fileBytes }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOG_MS)])
  const lines: string[] = []
  for await (const some of client.lines({ path, query, signal: limit })) lines.push(...some)
  return lines.map((line) => `${line}\n`).join('')
}
