// Everything that can be set about an installation, under the names that MetalLB's chart has for it
// where it means the same; and where in the base objects each lands. The MetalLB object, the chart's
// values and its page all follow from here.
import { z } from 'zod'
import { componentSettings } from './component-settings.ts'
import { prometheusSettings } from './monitoring-settings.ts'
import { networkSettings } from './network-settings.ts'
import { append, item, keep, set, within } from './place.ts'
import { flagOfBoth, group, setting, settingsIn, tlsSecret } from './setting.ts'
import { speakerSettings } from './speaker-settings.ts'
import { CONTAINER, CRDS, POD, RIGHTS, RIGHTS_OF_PROMETHEUS, WEBHOOKS, WORKLOAD } from './spots.ts'

/** Where the base stands. */
export const NAMESPACE = 'metallb-system'

const CLASS = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const LIST = /^[A-Za-z0-9_, -]*$/

export const Settings = z.strictObject({
  namespace: z.string().optional(),
  imagePullSecrets: setting(z.array(z.strictObject({ name: z.string() })), {
    about: 'Secrets to pull the images with.',
    initial: [],
    changes: [
      append(within(POD.controller, 'imagePullSecrets')),
      append(within(POD.speaker, 'imagePullSecrets')),
    ],
  }),
  loadBalancerClass: setting(z.union([z.literal(''), z.string().regex(CLASS)]), {
    about: 'Serve the Services of this class only. Empty: those without a class.',
    initial: '',
    changes: flagOfBoth('--lb-class='),
  }),
  rbac: group({
    create: setting(z.boolean(), {
      about: "Install the accounts' rights. Without, somebody else must give them.",
      initial: true,
      changes: [...RIGHTS.controller, ...RIGHTS.speaker, ...RIGHTS_OF_PROMETHEUS].map((at) =>
        keep(at),
      ),
    }),
  }),
  tls: group({
    minVersion: setting(z.enum(['', 'VersionTLS12', 'VersionTLS13']), {
      about: 'Least version of TLS that metrics and webhooks speak. Empty: 1.3.',
      initial: '',
      changes: flagOfBoth('--tls-min-version='),
    }),
    cipherSuites: setting(z.string().regex(LIST), {
      about: 'Suites below TLS 1.3: names with commas between.',
      initial: '',
      changes: flagOfBoth('--tls-cipher-suites='),
    }),
    curvePreferences: setting(z.string().regex(LIST), {
      about: 'Curves of the key exchange: numbers with commas between.',
      initial: '',
      changes: flagOfBoth('--tls-curve-preferences='),
    }),
    controllerMetricsTLSSecret: tlsSecret('controller'),
    speakerMetricsTLSSecret: tlsSecret('speaker'),
  }),
  prometheus: prometheusSettings,
  controller: group({
    ...componentSettings('controller'),
    replicas: setting(z.int().min(1).max(10), {
      about: 'One leads, the others are warm and take over.',
      initial: 2,
      changes: [set(within(WORKLOAD.controller, 'spec', 'replicas'))],
    }),
    webhookMode: setting(z.enum(['enabled', 'disabled']), {
      about:
        'Whether the controller answers webhooks. Disabled, rules between objects are told by logs, events and statuses alone, and the old versions of BGPPeer and AddressPool cannot be read.',
      initial: 'enabled',
      changes: [
        set(
          within(CONTAINER.controller, 'args', item('--webhook-mode=')),
          (mode) => `--webhook-mode=${mode}`,
        ),
        keep(WEBHOOKS, 'disabled'),
      ],
    }),
    strategy: setting(z.record(z.string(), z.unknown()), {
      about: 'How Pods are replaced. Empty: the new one stands by before an old one goes.',
      initial: {},
      changes: [set(within(WORKLOAD.controller, 'spec', 'strategy'))],
    }),
  }),
  speaker: group({ ...speakerSettings, ...componentSettings('speaker') }),
  networkpolicies: networkSettings,
  crds: group({
    enabled: setting(z.boolean(), {
      about: 'Install the definitions, and bring them up to date with every upgrade.',
      initial: true,
      changes: [keep(CRDS)],
    }),
    validationFailurePolicy: setting(z.enum(['Ignore', 'Fail']), {
      about:
        'When no controller answers a webhook: take the change and report what is wrong later, or refuse it.',
      initial: 'Ignore',
      changes: [set(within(WEBHOOKS, 'webhooks', item('*'), 'failurePolicy'))],
    }),
  }),
})
export type Settings = z.output<typeof Settings>

/** Every setting but the namespace, which is no spot: it is said all over the base. */
export const SETTINGS = settingsIn(Settings)
