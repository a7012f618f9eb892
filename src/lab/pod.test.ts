import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { bytesOf, type Container, type Pod, type PodSpec, podContainers } from './pod.ts'
import { podVolumes } from './pod-volumes.ts'

const PLACE = {
  ...{ nodeName: 'n1', hostIP: '192.0.2.11', podIP: '192.0.2.12' },
  ...{ network: 'container:n1', volumesDir: '/volumes' },
}

function podOf(container: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name: 'speaker-x', namespace: 'metallb-system', labels: { app: 'metallb' } },
    spec: { containers: [{ name: 'one', image: 'one:dev', ...container }], ...spec },
  }
}

const argsOf = (pod: Pod) => podContainers(pod, PLACE).main[0]!.args.join(' ')

suite('a container as Docker starts it', () => {
  for (const [what, pod, args] of [
    [
      'with nothing said',
      podOf(),
      '--network container:n1 --security-opt seccomp=unconfined one:dev',
    ],
    [
      'a user, a group, and the groups of the Pod',
      podOf(
        { securityContext: { runAsUser: 0, runAsGroup: 7 } },
        { securityContext: { runAsUser: 5, fsGroup: 101, supplementalGroups: [102] } },
      ),
      '--user 0:7 --group-add 102 --group-add 101',
    ],
    [
      'few rights',
      podOf({
        securityContext: {
          ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
          capabilities: { drop: ['ALL'], add: ['NET_RAW', 'SETUID'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
      }),
      '--network container:n1 --cap-drop ALL --cap-add NET_RAW --cap-add SETUID --read-only --security-opt no-new-privileges one:dev',
    ],
    [
      'a limit of memory and of CPU',
      podOf({ resources: { limits: { memory: '512Mi', cpu: '250m' } } }),
      '--memory 536870912 --memory-swap 536870912 --cpus 0.25',
    ],
    [
      'environment from the Pod, and references to it',
      podOf({
        env: [
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
          { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          { name: 'BOTH', value: '$(NODE)/$(HOST)' },
        ],
        args: ['--at=$(BOTH)', '$(NONE)', '$$(NODE)', 'a=$(cat /x)'],
      }),
      '--env NODE=n1 --env HOST=192.0.2.11 --env APP=metallb --env BOTH=n1/192.0.2.11 one:dev --at=n1/192.0.2.11 $(NONE) $(NODE) a=$(cat /x)',
    ],
    [
      'a command and its arguments',
      podOf({ command: ['/bin/sh', '-c'], args: ['true'] }),
      '--entrypoint /bin/sh one:dev -c true',
    ],
  ] as const) {
    test(what, () => assert.ok(argsOf(pod).includes(args), argsOf(pod)))
  }

  test('its volumes: those of objects are never written', () => {
    const volumeMounts = [
      { name: 'conf', mountPath: '/etc/frr' },
      { name: 'key', mountPath: '/etc/key' },
      { name: 'data', mountPath: '/data', subPath: 'deep', readOnly: true },
      { name: 'host', mountPath: '/host' },
    ]
    const volumes = [
      { name: 'conf', emptyDir: {} },
      { name: 'data', emptyDir: {} },
      { name: 'key', secret: { secretName: 'memberlist' } },
      { name: 'host', hostPath: { path: '/srv' } },
    ]
    const args = argsOf(podOf({ volumeMounts }, { volumes }))
    assert.deepEqual(args.match(/type=bind\S*/g), [
      'type=bind,source=/volumes/conf,target=/etc/frr',
      'type=bind,source=/volumes/key,target=/etc/key,readonly',
      'type=bind,source=/volumes/data/deep,target=/data,readonly',
      'type=bind,source=/srv,target=/host',
    ])
  })

  test('init containers stand apart, in their order', () => {
    const init = ['first', 'second'].map((name) => ({ name, image: 'init:dev' }))
    const plans = podContainers(podOf({}, { initContainers: init }), PLACE)
    assert.deepEqual(
      [...plans.init, ...plans.main].map(({ name }) => name),
      ['first', 'second', 'one'],
    )
  })
})

suite('what would be left out is refused', () => {
  for (const [what, pod, complaint] of [
    ['a field of the Pod', podOf({}, { hostPID: true } as object), /hostPID would be left out/],
    ['a field of a container', podOf({ lifecycle: {} } as object), /lifecycle would be left out/],
    [
      'a volume that is not there',
      podOf({ volumeMounts: [{ name: 'x', mountPath: '/x' }] }),
      /no volume x/,
    ],
    [
      'root where it is forbidden',
      podOf({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      /not run as root/,
    ],
    [
      'an unknown source of a variable',
      podOf({ env: [{ name: 'A', valueFrom: {} }] }),
      /an environment variable from something else/,
    ],
  ] as const) {
    test(what, () => assert.throws(() => podContainers(pod, PLACE), complaint))
  }
})

suite('the volumes of a Pod', () => {
  const volumes = [
    { name: 'conf', emptyDir: {} },
    { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
    { name: 'key', secret: { secretName: 'memberlist', defaultMode: 0o400 } },
    { name: 'lists', configMap: { name: 'lists' } },
  ]
  const plansOf = (spec: Partial<PodSpec>) => podVolumes(podOf({}, { volumes, ...spec }))
  const modes = (spec: Partial<PodSpec>) =>
    plansOf(spec).map((one) => ('fileMode' in one ? one.fileMode : one.mode).toString(8))

  test('of nobody', () => assert.deepEqual(modes({}), ['777', '777', '400', '644']))

  test('of a group: it may write where the Pod may, and read the rest', () =>
    assert.deepEqual(modes({ securityContext: { fsGroup: 101 } }), ['2777', '2777', '440', '644']))

  test('in memory, with a size', () =>
    assert.deepEqual(plansOf({})[1], {
      ...{ name: 'run', mode: 0o777, kind: 'memory', sizeBytes: String(4 * 1024 ** 2) },
    }))

  test('a mount within files needs its place there', () => {
    const volumeMounts = [
      { name: 'lists', mountPath: '/etc/lists' },
      { name: 'key', mountPath: '/etc/lists/deep/key' },
      { name: 'conf', mountPath: '/etc/listsbeside' },
    ]
    const [lists] = podVolumes(podOf({ volumeMounts }, { volumes })).slice(3)
    assert.deepEqual(lists && 'below' in lists && lists.below, ['deep/key'])
  })

  for (const [quantity, bytes] of [
    ['123', '123'],
    ['4Mi', '4194304'],
    ['2k', '2000'],
  ] as const) {
    test(`${quantity} are ${bytes} bytes`, () => assert.equal(bytesOf(quantity), bytes))
  }
  test('half a byte is none', () => assert.throws(() => bytesOf('0.5'), /not a number of bytes/))
})
