// Both images by themselves: do they do what the manifests ask of them, with no more rights than those
// give, and is nothing in them that need not be?
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { type Docker, openDocker } from '../../src/lab/docker.ts'
import { compressedBytes, saveImage } from '../../src/lab/image-archive.ts'
import { identity } from '../../src/lab/image-context.ts'
import { ensureImages, type Images, labelOf } from '../../src/lab/images.ts'
import type { Container } from '../../src/lab/pod.ts'
import type { RunningPod } from '../../src/lab/pod-runner.ts'
import { eventually } from '../support/eventually.ts'
import { skipWithoutDocker } from './support/container-images.ts'
import { podWith, startAlone, startupFiles } from './support/image-pods.ts'

const IDLE: Partial<Container> = { command: ['sleep', 'infinity'], args: [] }
const PATIENT_MS = 60_000

suite('the container images', { skip: await skipWithoutDocker() }, () => {
  let docker: Docker
  let images: Images
  before(async () => {
    docker = await openDocker((line) => console.log(line))
    images = await ensureImages(docker, (line) => console.log(line))
  })
  after(() => docker?.[Symbol.asyncDispose]())

  test('FRR in its Pod: every daemon runs, the probe is content, nothing is written', async () => {
    await using pod = await startAlone(docker, podWith('frr'))
    await allUp(pod)
    assert.deepEqual(await pod.probe('frr'), { alive: true, said: '' })
    assert.match(await pod.exec('frr', ['vtysh', '-c', 'show running-config']), /^frr version 10/m)
    assert.deepEqual(await written(docker, pod, 'frr'), [])
  })

  test('vtysh in the Pod says what was asked and nothing else', async () => {
    await using pod = await startAlone(docker, podWith('frr'))
    await allUp(pod)
    const argv = [
      'exec',
      pod.containerName('frr'),
      'vtysh',
      '-c',
      'show zebra router table summary',
    ]
    const env = { DOCKER_HOST: docker.host }
    const { stderr, stdout } = await execa('docker', argv, { env })
    assert.equal(stderr, '')
    assert.doesNotMatch(stdout, /histor|configuration file/i)
  })

  test('a daemon that died is back, and the container is the same', async () => {
    await using pod = await startAlone(docker, podWith('frr'))
    await allUp(pod)
    const first = await pidOf(docker, pod, 'bgpd')
    process.kill(first, 'SIGKILL')
    await eventually(async () => {
      assert.notEqual(await pidOf(docker, pod, 'bgpd'), first)
    }, PATIENT_MS)
    await allUp(pod)
    assert.equal(pod.restarts('frr'), 0)
    assert.deepEqual(pod.ends, [])
  })

  test('where no volume is mounted, FRR runs with what the image has, which is what we install', async () => {
    const pod = podWith('frr', { volumeMounts: [] })
    const [container] = pod.spec.containers
    const { securityContext } = container!
    const writable = { ...securityContext, readOnlyRootFilesystem: false }
    const containers = [{ ...container!, securityContext: writable }]
    await using running = await startAlone(docker, {
      ...pod,
      spec: { ...pod.spec, initContainers: [], containers },
    })
    await allUp(running)
    for (const [name, content] of startupFiles()) {
      assert.equal(await running.exec('frr', ['cat', `/etc/frr/${name}`]), content.trimEnd())
    }
  })

  test('ours as the controller: any user, no rights, nothing written', async () => {
    await using pod = await startAlone(docker, podWith('controller', IDLE))
    const exec = (...argv: string[]) => pod.exec('controller', argv)
    assert.match(await exec('ferrule', '--version'), /^ferrule \d+\.\d+\.\d+$/)
    assert.match(await exec('ferrule', 'status', '--help'), /^Usage: ferrule status/)
    const status = await exec('cat', '/proc/self/status')
    assert.match(status, /^Uid:\s+65534\s/m)
    assert.match(status, /^CapBnd:\s+0{16}$/m)
    assert.match(status, /^NoNewPrivs:\s+1$/m)
    await assert.rejects(exec('touch', '/app/x'), /Permission denied|Read-only/)
    assert.deepEqual(await written(docker, pod, 'controller'), [])
  })

  test('what follows the image in a Pod is the command', async () => {
    await using pod = await startAlone(docker, podWith('controller', { args: ['--version'] }))
    const ended = await eventually(() => {
      const [end] = pod.ends
      assert.ok(end)
      return end
    }, PATIENT_MS)
    assert.deepEqual(ended, { container: 'controller', exitCode: 0 })
  })

  test('Node is told how to hold memory, and is the first process itself', async () => {
    const args = ['standalone', '--objects=/app/manifests/samples/demo', '--port=0']
    await using pod = await startAlone(docker, podWith('speaker', { args }))
    const first = await eventually(async () => {
      const said = await pod.exec('speaker', ['cat', '/proc/1/cmdline'])
      assert.match(said, /ferrule\.js/)
      return said.split('\0')
    }, PATIENT_MS)
    assert.equal(first[0], 'node')
    assert.ok(first.includes('--max-semi-space-size=2'), first.join(' '))
    const environ = await pod.exec('speaker', ['cat', '/proc/1/environ'])
    assert.match(environ, /MALLOC_ARENA_MAX=1/)
  })

  test('people find ping, nc, ip and a shell where the speaker runs', async () => {
    await using pod = await startAlone(docker, podWith('speaker', IDLE))
    const exec = (...argv: string[]) => pod.exec('speaker', argv)
    assert.match(await exec('ping', '-c1', '-n', '127.0.0.1'), / 0% packet loss/)
    assert.match(await exec('ip', '-j', 'address'), /"local":"127.0.0.1"/)
    await docker.run(['exec', '-d', pod.containerName('speaker'), 'nc', '-lk', '127.0.0.1', '1790'])
    await eventually(() => exec('nc', '-z', '127.0.0.1', '1790'))
    await assert.rejects(exec('nc', '-zv', '127.0.0.1', '1791'), /Connection refused/)
    assert.match(await exec('ls', '/app/manifests'), /^controller$/m)
  })

  for (const which of ['ferrule', 'frr'] as const) {
    test(`${which}: nothing setuid, nothing that everybody may write, no package manager`, async () => {
      const files = await filesOf(docker, images[which])
      assert.ok(files.length > 200)
      const bad = files.filter(({ mode }) => /[st]/i.test(mode.slice(1)) || mode[8] === 'w')
      assert.deepEqual(
        bad.filter(({ mode }) => !mode.startsWith('l')),
        [],
      )
      const programs = files.map(({ path }) => path).filter((path) => /^usr\/s?bin\//.test(path))
      const unwanted = /\/(apt|apt-get|dpkg|perl|python3?|su|passwd|mount|systemctl|curl|wget)$/
      assert.deepEqual(
        programs.filter((path) => unwanted.test(path)),
        [],
      )
      const rest = /^(var\/lib\/apt|var\/cache\/apt|usr\/share\/(man|locale|info))\/./
      assert.deepEqual(
        files.filter(({ path }) => rest.test(path)),
        [],
      )
    })
  }

  test('the folders of FRR belong to whom the DaemonSet counts on', async () => {
    const files = new Map((await filesOf(docker, images.frr)).map((one) => [one.path, one.owner]))
    assert.equal(files.get('etc/frr/'), '0/101')
    assert.equal(files.get('etc/frr/frr.conf'), '0/101')
    for (const path of ['run/frr/', 'var/lib/frr/', 'var/tmp/frr/']) {
      assert.equal(files.get(path), '100/101', path)
    }
    const id = ['run', '--rm', '--network=none', '--entrypoint=id', images.frr, 'frr']
    assert.equal(await docker.run(id), 'uid=100(frr) gid=101(frr) groups=101(frr),102(frrvty)')
  })

  test('an image saved as a file can be loaded, and says which Ferrule it is', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'image-archive-'))
    await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
    const { path, bytes } = await saveImage(docker, images.frr, dir)
    assert.ok((await compressedBytes(path)) < bytes / 2)
    const loaded = await docker.run(['load', '--input', path])
    assert.equal(loaded, `Loaded image: ${images.frr}`)
    const { version } = await identity()
    const label = 'org.opencontainers.image.version'
    assert.equal(await labelOf(docker, images.frr, label), version)
  })

  test('only what this machine runs of koffi, and no address of an archive', async () => {
    const files = await filesOf(docker, images.ferrule)
    const binaries = files.filter(({ path }) => path.endsWith('.node'))
    assert.ok(binaries.length > 0)
    assert.deepEqual(
      binaries.filter(({ path }) => !path.includes(`linux-${process.arch}`)),
      [],
    )
    for (const image of [images.ferrule, images.frr]) {
      const history = await docker.run([
        'history',
        '--no-trunc',
        '--format',
        '{{.CreatedBy}}',
        image,
      ])
      assert.doesNotMatch(history, /MIRROR|https?:/)
    }
  })
})

async function allUp(pod: RunningPod): Promise<void> {
  await eventually(async () => {
    const said = await pod.exec('frr', ['vtysh', '-d', 'watchfrr', '-c', 'show watchfrr'])
    const states = [...said.matchAll(/^ {2}(\w+) +(\w+)/gm)].map(([, name, state]) => [name, state])
    assert.deepEqual(
      states,
      ['zebra', 'mgmtd', 'bgpd', 'staticd', 'bfdd'].map((name) => [name, 'Up']),
    )
  }, PATIENT_MS)
}

/** Outside of its volumes; the folders that those are mounted on are made by whoever mounts them. */
async function written(docker: Docker, pod: RunningPod, name: string): Promise<string[]> {
  const [container] = pod.pod.spec.containers
  const mounts = (container!.volumeMounts ?? []).map(({ mountPath }) =>
    // A link to /run in every Debian.
    mountPath.replace(/^\/var\/run\//, '/run/'),
  )
  const changed = (await docker.run(['diff', pod.containerName(name)])).split('\n')
  return changed.filter((line) => !mounts.some((path) => `${path}/`.startsWith(line.slice(2))))
}

/** As this machine counts processes. */
async function pidOf(docker: Docker, pod: RunningPod, daemon: string): Promise<number> {
  const listed = await docker.run(['top', pod.containerName('frr'), '-o', 'pid,comm'])
  const pid = new RegExp(`^ *(\\d+) +${daemon}$`, 'm').exec(listed)?.[1]
  assert.ok(pid, `${daemon} is not in:\n${listed}`)
  return Number(pid)
}

interface File {
  readonly mode: string
  readonly owner: string
  readonly path: string
}

async function filesOf(docker: Docker, image: string): Promise<File[]> {
  const dir = await mkdtemp(join(tmpdir(), 'image-files-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
  const id = await docker.run(['create', '--network=none', image])
  try {
    await docker.run(['export', '--output', join(dir, 'image.tar'), id])
  } finally {
    await docker.run(['rm', id])
  }
  const argv = ['--numeric-owner', '-tvf', join(dir, 'image.tar')]
  const { stdout } = await execa('tar', argv)
  return stdout.split('\n').map((line) => {
    const [mode = '', owner = '', , , , ...path] = line.split(/ +/)
    return { mode, owner, path: path.join(' ').replace(/ -> .*/, '') }
  })
}
