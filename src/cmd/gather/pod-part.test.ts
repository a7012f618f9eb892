// The Pods of a cluster as their kubelets would show them, with secrets planted in what FRR says and in
// the logs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Answer,
  frame,
  STATUS,
  STDERR,
  STDOUT,
  SUCCESS,
  serveExec,
} from '../../../test/support/exec-server.ts'
import { openClient } from '../../kube/client.ts'
import { Collection } from './collection.ts'
import { FRR_COMMANDS, FRR_FILES } from './frr-part.ts'
import { gatherPods, type Pod } from './pod-part.ts'
import { Redactor } from './redactor.ts'

const SECRET = 'planted-in-frr-conf'
const CONF = `router bgp 64513\n neighbor 10.0.0.1 password ${SECRET}\n`
const podOf = (name: string, component: string, containers: readonly string[]): Pod => ({
  metadata: { name, labels: { component } },
  spec: {
    initContainers: [{ name: 'init' }],
    containers: containers.map((one) => ({ name: one })),
  },
  status: { containerStatuses: [{ name: 'speaker', restartCount: 2 }] },
})
const SPEAKER = podOf('speaker-x1', 'speaker', ['speaker', 'frr'])
const CONTROLLER = podOf('controller-y2', 'controller', ['controller'])

/** A container of FRR without a log file. */
const inFrr: Answer = (socket, { searchParams }) => {
  const argv = searchParams.getAll('command')
  if (argv.at(-1) === '/etc/frr/frr.log') {
    socket.write(frame(STDERR, 'tail: cannot open'))
    socket.write(frame(STATUS, '{"status":"Failure","message":"exit code 1"}'))
    return
  }
  const isConf = argv[0] === 'cat' || argv.at(-1) === 'show running-config'
  socket.write(
    frame(STDOUT, isConf ? CONF : `${argv.join(' ')} in ${searchParams.get('container')}\n`),
  )
  socket.write(frame(STATUS, SUCCESS))
}

async function gathered(pods: readonly Pod[], answer: Answer | number) {
  const log = ({ pathname, searchParams }: URL) =>
    `${pathname} ${searchParams.get('container')} ${searchParams.get('previous')}\nsaid ${SECRET}\n`
  await using server = await serveExec(answer, log)
  using client = openClient(server.access)
  const files = new Collection(new Redactor())
  const said: string[] = []
  await gatherPods(files, pods, {
    ...{ client, access: server.access, namespace: 'metallb-system' },
    ...{ signal: new AbortController().signal, say: (line) => said.push(line) },
  })
  const texts = files.files([])
  return { files, said, texts: new Map(texts.map(({ path, text }) => [path, text])) }
}

test("of a speaker's Pod: the files of FRR, its commands, and every log", async () => {
  const { texts, files, said } = await gathered([SPEAKER, CONTROLLER], inFrr)
  assert.deepEqual(said.sort(), ['Pod controller-y2', 'Pod speaker-x1'])
  const pod = 'pods/speaker-x1'
  for (const [path, what] of [
    [`${pod}/frr/frr.conf`, /^ neighbor 10\.0\.0\.1 password \*\*\*$/m],
    [`${pod}/frr/show_running-config.txt`, /^ neighbor 10\.0\.0\.1 password \*\*\*$/m],
    [`${pod}/frr/show_bgp_ipv4.txt`, /^vtysh -c show bgp ipv4 in frr$/m],
    [`${pod}/frr/show_bfd_peer.txt`, /^vtysh -c show bfd peer in frr$/m],
    [`${pod}/init.log`, /pods\/speaker-x1\/log init false\nsaid \*\*\*/],
    [`${pod}/speaker.log`, /speaker false/],
    [`${pod}/speaker.previous.log`, /speaker true/],
    [`${pod}/frr.log`, /frr false/],
    ['pods/controller-y2/controller.log', /controller false\nsaid \*\*\*/],
  ] as const) {
    assert.match(texts.get(path) ?? `there is no ${path}`, what, path)
  }
  assert.deepEqual(files.missing, [
    { path: `${pod}/frr/frr.log`, why: 'exit code 1: tail: cannot open' },
  ])
  for (const [path, text] of texts) assert.equal(text.includes(SECRET), false, path)
})

test('without the right to run programs, the logs are had all the same', async () => {
  const { files, texts } = await gathered([SPEAKER], 403)
  assert.equal(files.missing.length, FRR_FILES.size + FRR_COMMANDS.length)
  assert.match(files.missing[0]!.why, /403/)
  assert.ok(texts.has('pods/speaker-x1/speaker.log'))
})
