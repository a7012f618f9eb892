// The programs that the lines of our pages may start, and what can be said of each without starting it.
// One that is not here is refused: nobody would notice when its line is wrong.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, read } from '../source.ts'
import { wrongFerrule } from './ferrule-line.ts'
import type { Command } from './shell.ts'

type Wrong = string | undefined

/** What is wrong with a command of a page that has files of these names, as a sentence. */
export async function wrongCommand(command: Command, pageFiles: readonly string[]): Promise<Wrong> {
  const [name = '', ...args] = command.argv
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
  if (check) return await check(args, pageFiles)
  return ORDINARY.has(name) ? undefined : `nobody here knows the program "${name}"`
}

/** What every machine of an administrator has; their lines are right when a shell can read them. */
const ORDINARY = new Set([
  ...[
    'arping',
    'awk',
    'base64',
    'birdc',
    'cat',
    'cd',
    'cp',
    'curl',
    'dig',
    'diff',
    'echo',
    'export',
  ],
  ...['git', 'grep', 'head', 'ip', 'journalctl', 'jq', 'ls', 'mkdir', 'nc', 'ndisc6', 'openssl'],
  ...['ping', 'printf', 'sed', 'sort', 'ss', 'sudo', 'systemctl', 'tail', 'tar', 'tcpdump', 'tee'],
  ...['traceroute', 'uniq', 'watch', 'wc', 'xargs', 'containerlab', 'cosign', 'kind', 'sysctl'],
])

const CHECKS: Readonly<
  Record<string, (args: readonly string[], files: readonly string[]) => Wrong | Promise<Wrong>>
> = {
  ferrule: wrongFerrule,
  npx: ([name = '', ...args]) =>
    name === 'ferrule' ? wrongFerrule(args) : `npx ${name} would be fetched from elsewhere`,
  npm: wrongNpm,
  make: wrongMake,
  node: ([path = '']) => missing(path, []),
  kubectl: wrongKubectl,
  helm: wrongHelm,
  docker: (args, files) => wrongFiles(args, ['-f', '--file'], files),
  // Run in test/net.
  vtysh: ([flag = '-c']) => (/^-[bcfC]$/.test(flag) ? undefined : `vtysh has no ${flag}`),
}

const VERBS = {
  npm: ['test', 'ci', 'install', 'pack', 'link'],
  kubectl: [
    ...['annotate', 'api-resources', 'apply', 'auth', 'cluster-info', 'config', 'cordon', 'create'],
    ...[
      'cp',
      'debug',
      'delete',
      'describe',
      'diff',
      'drain',
      'events',
      'exec',
      'explain',
      'expose',
    ],
    ...['get', 'kustomize', 'label', 'logs', 'patch', 'port-forward', 'replace', 'rollout', 'run'],
    ...['scale', 'set', 'top', 'uncordon', 'version', 'wait'],
  ],
  helm: [
    ...['get', 'history', 'install', 'lint', 'list', 'package', 'rollback', 'show', 'status'],
    ...['template', 'test', 'uninstall', 'upgrade'],
  ],
} as const

function wrongNpm([verb = '', script = '']: readonly string[]): Wrong {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  if (verb === 'run') return script in scripts ? undefined : `there is no "npm run ${script}"`
  return (VERBS.npm as readonly string[]).includes(verb) ? undefined : `npm ${verb}`
}

function wrongMake(args: readonly string[]): Wrong {
  const targets = [...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, target]) => target)
  const unknown = args.find((word) => !/[=-]/.test(word) && !targets.includes(word))
  return unknown && `the Makefile has no target "${unknown}"`
}

function wrongKubectl(args: readonly string[], files: readonly string[]): Wrong {
  const flags = ['-f', '--filename', '-k', '--kustomize']
  const verb = verbOf(args, ['-n', '--namespace', '--context', '--kubeconfig', '-v'])
  if (!(VERBS.kubectl as readonly string[]).includes(verb)) return `kubectl has no "${verb}"`
  // Of logs and exec -f means something else.
  if (verb === 'logs' || verb === 'exec') return undefined
  if (verb === 'kustomize') return missing(args[args.indexOf(verb) + 1] ?? '.', files)
  return wrongFiles(args, flags, files)
}

function wrongHelm(args: readonly string[], files: readonly string[]): Wrong {
  const verb = verbOf(args, ['-n', '--namespace', '--kube-context', '--kubeconfig'])
  if (!(VERBS.helm as readonly string[]).includes(verb)) return `helm has no "${verb}"`
  const chart = args.find((word) => /^(?:\.\/)?charts\//.test(word))
  return (chart && missing(chart, files)) ?? wrongFiles(args, ['-f', '--values'], files)
}

/** The first word that is no flag and no value of one of these. */
function verbOf(args: readonly string[], withValue: readonly string[]): string {
  return (
    args.find((word, at) => !word.startsWith('-') && !withValue.includes(args[at - 1] ?? '')) ?? ''
  )
}

/** Files that a command is given by one of these flags. */
function wrongFiles(
  args: readonly string[],
  flags: readonly string[],
  files: readonly string[],
): Wrong {
  const given = args.flatMap((word, at) => {
    const [flag = '', value] = word.split('=')
    if (!flags.includes(flag)) return []
    return [value ?? args[at + 1] ?? '']
  })
  return given.map((path) => missing(path, files)).find((wrong) => wrong !== undefined)
}

/** A path is in the repository, or a block of the page says what is in it. Capitals stand for a name. */
export function missing(path: string, files: readonly string[]): Wrong {
  const plain = path.replace(/^\.\//, '').replace(/\/$/, '')
  if (plain === '-' || /^[A-Z_/]+(?:\.\w+)?$/.test(plain) || files.includes(plain)) return undefined
  const inRepository = plain !== '' && existsSync(join(ROOT, plain))
  return inRepository ? undefined : `there is no ${path} here, and no block of the page is it`
}
