// kubectl for a page that is followed where the API server reaches no kubelet: `exec` goes to the container
// by way of Docker, everything else to the real one.
//
//   node test/containerlab/support/kubectl-exec.ts KUBECTL ARGS...
import { execa } from 'execa'

const [kubectl = '', ...args] = process.argv.slice(2)

async function print(program: string, argv: readonly string[]): Promise<number> {
  const { exitCode = 1 } = await execa(program, argv, { stdio: 'inherit', reject: false })
  return exitCode
}

/** `exec [-n NAMESPACE] POD|daemonset/NAME -c CONTAINER -- COMMAND...`, as pages write it. */
async function exec(own: readonly string[], command: readonly string[]): Promise<number> {
  const after = (flag: string) => own[own.indexOf(flag) + 1] ?? ''
  const target = own.find((word, at) => !word.startsWith('-') && !own[at - 1]?.startsWith('-'))
  const pod = await podOf(target ?? '', after('-n'))
  const named = ['--filter', `name=-${pod}-${after('-c')}-`, '--format', '{{.Names}}']
  const { stdout } = await execa('docker', ['ps', ...named])
  if (!/^\S+$/.test(stdout)) throw new Error(`${pod} has not one container ${after('-c')}`)
  return await print('docker', ['exec', stdout, ...command])
}

/** Of a DaemonSet the first of its Pods; ours are labelled with its name. */
async function podOf(target: string, namespace: string): Promise<string> {
  const [, name] = /^daemonset\/(.+)$/.exec(target) ?? []
  if (name === undefined) return target
  const which = ['-l', `component=${name}`, '-o', 'jsonpath={.items[0].metadata.name}']
  return (await execa(kubectl, ['get', 'pods', '-n', namespace, ...which])).stdout
}

const end = args.indexOf('--')
const isExec = args[0] === 'exec' && end > 0
process.exitCode = isExec
  ? await exec(args.slice(1, end), args.slice(end + 1))
  : await print(kubectl, args)
