// A Pod as Docker runs it for us: what its containers may do, what they share, and what outlives whom.
import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Docker, openDocker } from '../../src/lab/docker.ts'
import { ensureImages } from '../../src/lab/images.ts'
import { uniquePrefix } from '../../src/lab/netns.ts'
import type { Container, Pod } from '../../src/lab/pod.ts'
import { type RunningPod, startPod } from '../../src/lab/pod-runner.ts'
import { type Sandbox, startSandbox } from '../../src/lab/pod-sandbox.ts'
import { eventually } from '../support/eventually.ts'
import { skipWithoutDocker } from './support/container-images.ts'

suite('a Pod run by Docker', { skip: await skipWithoutDocker() }, () => {
  // A name that the next topology sweeps away, should this run be killed.
  const prefix = `clab-${uniquePrefix('pod')}`
  const dir = join(tmpdir(), prefix)
  const stack = new AsyncDisposableStack()
  let docker: Docker
  let sandbox: Sandbox
  let image: string
  let pod: RunningPod
  before(async () => {
    const say = (line: string) => console.log(line)
    docker = stack.use(await openDocker(say))
    image = (await ensureImages(docker, say)).frr
    await mkdir(dir)
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    const hostname = 'n1'
    sandbox = stack.use(await startSandbox({ docker, name: `${prefix}-n1`, hostname, image }))
    pod = stack.use(await start(podOf('whole')))
  })
  after(() => stack.disposeAsync())

  const start = (spec: Pod) =>
    startPod({
      ...{ docker, pod: spec, network: sandbox.network, prefix },
      dir: join(dir, spec.metadata.name),
      facts: { nodeName: 'n1', hostIP: '192.0.2.11', podIP: '192.0.2.11' },
      volumeFiles: () => new Map([['word', 'from an object\n']]),
    })

  /** Two containers that wait, and an init container that leaves a file. */
  function podOf(
    name: string,
    init = 'cat /object/word > /disk/word; id -G > /memory/groups',
  ): Pod {
    const shared = ['object', 'disk', 'memory'].map((volume) => ({
      ...{ name: volume, mountPath: `/${volume}` },
    }))
    const container = (name: string, ...command: string[]): Container => ({
      ...{ name, image, command, volumeMounts: shared },
      securityContext: {
        ...{ runAsUser: 0, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
      },
    })
    return {
      metadata: { name },
      spec: {
        securityContext: {
          ...{ fsGroup: 101, supplementalGroups: [102] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        terminationGracePeriodSeconds: 1,
        initContainers: [container('first', 'bash', '-ec', init)],
        containers: [container('one', 'sleep', 'infinity'), container('two', 'sleep', 'infinity')],
        volumes: [
          { name: 'object', configMap: { name: 'words', defaultMode: 0o400 } },
          { name: 'disk', emptyDir: {} },
          { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        ],
      },
    }
  }

  const shell = (container: string, script: string) => pod.exec(container, ['bash', '-c', script])

  test('a container has the rights it was given, and no others', async () => {
    const status = await shell(
      'one',
      'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status',
    )
    // Bit 13 is NET_RAW.
    const none = { CapEff: '0000000000002000', CapBnd: '0000000000002000' }
    const expected = { ...none, NoNewPrivs: '1', Seccomp: '2' }
    assert.deepEqual(
      Object.fromEntries(status.split('\n').map((line) => line.split(/:\s+/))),
      expected,
    )
    await assert.rejects(shell('one', 'touch /somewhere'), /Read-only file system/)
  })

  test('files of objects are the group’s to read, and nobody’s to write', async () => {
    assert.equal(await shell('one', 'stat -L -c "%u %g %a" /object/word'), '0 101 440')
    await assert.rejects(shell('one', 'echo > /object/word'), /Read-only file system/)
  })

  test('the init container ran before, with the groups of the Pod', async () => {
    assert.equal(await shell('two', 'cat /disk/word'), 'from an object')
    const groups = (await shell('two', 'cat /memory/groups')).split(' ')
    for (const group of ['101', '102']) assert.ok(groups.includes(group), `group ${group}`)
  })

  test('a volume in memory has its size', async () => {
    await assert.rejects(shell('one', 'head -c 2M /dev/zero > /memory/much'), /No space left/)
    await shell('one', 'rm /memory/much')
  })

  test('both containers share one network', async () => {
    const namespaces = await Promise.all(
      ['one', 'two'].map((name) => shell(name, 'readlink /proc/self/ns/net')),
    )
    assert.equal(namespaces[0], namespaces[1])
  })

  test('a container that is killed is back, as a new one, with the volumes as they were', async () => {
    await shell('one', 'echo kept > /disk/note; echo kept > /memory/note')
    await pod.kill('one', 'SIGKILL')
    await eventually(async () => assert.equal(pod.restarts('one'), 1))
    await eventually(async () =>
      assert.equal(await shell('one', 'cat /disk/note /memory/note'), 'kept\nkept'),
    )
    assert.deepEqual(pod.ends, [{ container: 'one', exitCode: 137 }])
    assert.equal(pod.restarts('two'), 0)
  })

  test('a Pod made anew has new volumes', async () => {
    await pod.stop()
    await pod.start()
    await assert.rejects(shell('one', 'cat /disk/note'), /No such file/)
    assert.equal(await shell('one', 'cat /disk/word'), 'from an object')
  })

  test('an init container that fails keeps the Pod from starting, and leaves nothing', async () => {
    await assert.rejects(start(podOf('failing', 'echo a reason >&2; exit 3')), /a reason/)
    const names = await docker.run(['ps', '--all', '--format', '{{.Names}}'])
    assert.ok(!names.includes(`${prefix}-failing`), names)
  })
})
