// What can be set of the speakers alone: who they gossip with, which interfaces they leave alone, FRR.
import { z } from 'zod'
import { ResourceRequirements } from '../api/pod-placement.ts'
import { Image, imageOf, port } from './component-settings.ts'
import { image, insert, item, type Json, keep, set, spot, within } from './place.ts'
import { group, setting } from './setting.ts'
import { CONTAINER, CP_FRR_FILES, FRR, PARTS, POD, RIGHTS, WORKLOAD } from './spots.ts'

const speaker = CONTAINER.speaker
const env = (name: string) => within(speaker, 'env', item(name))
const arg = (flag: string) => insert(within(speaker, 'args'), () => flag)
const number = (value: string): Json => Number(value)
const GOSSIP_PORTS = ['memberlist-tcp', 'memberlist-udp'].map((name) =>
  within(speaker, 'ports', item(name)),
)
const KEY = '/etc/ml_secret_key'

export const speakerSettings = {
  enabled: setting(z.boolean(), {
    about: 'Install the speakers. Without, something else must announce the addresses.',
    initial: true,
    changes: [...PARTS.speaker, ...RIGHTS.speaker].map((at) => keep(at)),
  }),
  tolerateMaster: setting(z.boolean(), {
    about: 'Run on control plane nodes too.',
    initial: true,
    changes: ['control-plane', 'master'].map((name) =>
      keep(within(POD.speaker, 'tolerations', item(`node-role.kubernetes.io/${name}`))),
    ),
  }),
  updateStrategy: setting(z.record(z.string(), z.unknown()), {
    about: 'How Pods are replaced. Empty: one node after the other.',
    initial: {},
    changes: [set(within(WORKLOAD.speaker, 'spec', 'updateStrategy'))],
  }),
  secretName: setting(z.string(), {
    about: 'Secret with the key of the gossip. The controller makes it where it is missing.',
    initial: 'memberlist',
    changes: [
      set(within(POD.speaker, 'volumes', item('memberlist'), 'secret', 'secretName')),
      set(within(CONTAINER.controller, 'env', item('METALLB_ML_SECRET_NAME'), 'value')),
    ],
  }),
  ignoreExcludeLB: setting(z.boolean(), {
    about:
      'Announce from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers too.',
    initial: false,
    changes: [arg('--ignore-exclude-lb')],
  }),
  wanConfig: setting(z.boolean(), {
    about: 'Wait longer for each other: nodes are far apart.',
    initial: false,
    changes: [arg('--ml-wan-config')],
  }),
  memberlist: group({
    enabled: setting(z.boolean(), {
      about:
        'Gossip, by which speakers miss one that is gone. Without, every node counts as alive on layer 2.',
      initial: true,
      changes: [
        ...['BIND_ADDR', 'BIND_PORT', 'LABELS', 'SECRET_KEY_PATH'].map((name) =>
          keep(env(`METALLB_ML_${name}`)),
        ),
        ...GOSSIP_PORTS.map((at) => keep(at)),
        keep(within(speaker, 'volumeMounts', item('memberlist'))),
        keep(within(POD.speaker, 'volumes', item('memberlist'))),
      ],
    }),
    mlBindPort: setting(port, {
      about: 'Port of the gossip, TCP and UDP.',
      initial: 7946,
      changes: [
        set(within(env('METALLB_ML_BIND_PORT'), 'value'), (value) => value),
        ...GOSSIP_PORTS.map((at) => set(within(at, 'containerPort'), number)),
      ],
    }),
    mlBindAddrOverride: setting(z.string(), {
      about: "Address to gossip from. Empty: the Pod's, which is the node's.",
      initial: '',
      changes: [
        set(env('METALLB_ML_BIND_ADDR'), (value) => ({ name: 'METALLB_ML_BIND_ADDR', value })),
      ],
    }),
    mlSecretKeyPath: setting(z.string().regex(/^\/[\w./-]+$/), {
      about: 'Where the key is mounted.',
      initial: KEY,
      changes: [
        set(within(env('METALLB_ML_SECRET_KEY_PATH'), 'value')),
        set(within(speaker, 'volumeMounts', item('memberlist'), 'mountPath')),
      ],
    }),
    mlLabels: setting(z.string(), {
      about:
        'Labels of the Pods of all speakers. Two selectors with a semicolon between find those of a MetalLB that is being replaced as well.',
      initial: 'app=metallb,component=speaker',
      changes: [set(within(env('METALLB_ML_LABELS'), 'value'))],
    }),
  }),
  excludeInterfaces: group({
    enabled: setting(z.boolean(), {
      about: 'Never answer on interfaces that container networks make.',
      initial: true,
      changes: [
        keep(spot('ConfigMap/metallb-excludel2')),
        keep(within(speaker, 'volumeMounts', item('metallb-excludel2'))),
        keep(within(POD.speaker, 'volumes', item('metallb-excludel2'))),
      ],
    }),
  }),
  frr: group({
    image: setting(Image, {
      about: 'The image of FRR.',
      initial: imageOf('ferrule-frr'),
      changes: [image(FRR), image(CP_FRR_FILES)],
    }),
    resources: setting(ResourceRequirements, {
      about: 'What FRR needs.',
      initial: {},
      changes: [set(within(FRR, 'resources'))],
    }),
  }),
  initContainers: group({
    cpFrrFiles: group({
      resources: setting(ResourceRequirements, {
        about: "What the container needs that lays out FRR's files.",
        initial: {},
        changes: [set(within(CP_FRR_FILES, 'resources'))],
      }),
    }),
  }),
}
