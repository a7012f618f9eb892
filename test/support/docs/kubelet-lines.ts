// Lines of kubectl that a kubelet answers. Where there is none, what they name can still be asked for: the
// Pod is there, and has that container. The tests that run what they start are named here.
import type { Elsewhere } from './elsewhere.ts'
import { commandsIn } from './shell.ts'

/** What stands for such a line: a question to the API server, and the container its answer has to name. */
export interface StandIn {
  /** Of kubectl. */
  readonly args: readonly string[]
  readonly container?: string
  /** It starts nothing and only waits until Pods are ready. */
  readonly isWait: boolean
}

const VERBS = ['exec', 'logs', 'port-forward', 'rollout', 'wait', 'top', 'cp', 'debug', 'attach']
const WITH_VALUE = new Set([
  ...['-n', '--namespace', '-c', '--container', '-l', '--selector', '--since', '--tail', '--for'],
  ...['--timeout', '--context', '--kubeconfig'],
])

export function standInFor(text: string): StandIn | undefined {
  const command = commandsIn(text).find(({ argv }) => argv[0] === 'kubectl')
  if (!command) return undefined
  const { words, values } = read(command.argv.slice(1))
  const [verb = '', ...rest] = words
  if (!VERBS.includes(verb)) return undefined
  const named = verb === 'rollout' ? rest.slice(1) : rest
  const container = values.get('-c') ?? values.get('--container')
  const of = targetOf(verb, named, values.get('-l') ?? values.get('--selector'))
  const namespace = values.get('-n') ?? values.get('--namespace') ?? 'default'
  const args = ['get', '-n', namespace, ...of, '-o', 'jsonpath={..containers[*].name}']
  return { args, isWait: /^(?:rollout|wait)$/.test(verb), ...(container ? { container } : {}) }
}

function targetOf(
  verb: string,
  [first = '', second = '']: readonly string[],
  selector: string | undefined,
): string[] {
  if (selector) return [verb === 'wait' ? first : 'pods', '-l', selector]
  if (first.includes('/') && verb !== 'cp') return [first]
  const isKindFirst = verb === 'wait' || verb === 'rollout' || verb === 'top'
  if (isKindFirst) return [first, second].filter(Boolean)
  const path = [first, second].find((one) => one.includes(':')) ?? first
  return ['pod', verb === 'cp' ? path.split(':')[0]! : first]
}

/** Up to `--`; flags apart from words. */
function read(args: readonly string[]): { words: string[]; values: Map<string, string> } {
  const end = args.indexOf('--')
  const words: string[] = []
  const values = new Map<string, string>()
  const own = end < 0 ? args : args.slice(0, end)
  for (const [at, word] of own.entries()) {
    const before = own[at - 1] ?? ''
    if (WITH_VALUE.has(before)) values.set(before, word)
    else if (/^-.*=/.test(word)) values.set(word.split('=')[0]!, word.slice(word.indexOf('=') + 1))
    else if (!word.startsWith('-')) words.push(word)
  }
  return { words, values }
}

/** Who runs the programs that `kubectl exec` starts. */
export const RUN_BY: readonly Elsewhere[] = [
  { lines: /-c frr -- vtysh -c /, test: 'test/net/docs.test.ts', says: 'toldToVtysh' },
  { lines: /-c speaker -- ferrule status/, test: 'test/net/status.test.ts', says: "'status'" },
  { lines: /-- ferrule must-gather --node/, test: 'src/cmd/must-gather.test.ts', says: "'--node'" },
  { lines: /-c frr -- ls -l \/var\/run\/frr/, test: 'test/net/lab.test.ts', says: 'startFrr' },
]
