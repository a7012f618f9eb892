// What can be set about network policies. They are off unless asked for: not every cluster enforces them,
// and one that does may have rules of its own.
import { z } from 'zod'
import { port } from './component-settings.ts'
import { item, keep, set, spot, within } from './place.ts'
import { group, setting } from './setting.ts'

const CONTROLLER = spot('NetworkPolicy/controller')
const DEFAULT_DENY = spot('NetworkPolicy/default-deny')

export const INGRESS_PORTS = within(CONTROLLER, 'spec', 'ingress', item('*'), 'ports')

export const networkSettings = group({
  enabled: setting(z.boolean(), {
    about: 'Install a policy for the controller.',
    initial: false,
    changes: [keep(CONTROLLER), keep(DEFAULT_DENY)],
  }),
  defaultDeny: setting(z.boolean(), {
    about: 'And one that denies everything to whatever else runs in the namespace.',
    initial: false,
    changes: [keep(DEFAULT_DENY)],
  }),
  apiPort: setting(port, {
    about: 'The port on which the API server itself listens.',
    initial: 6443,
    changes: [set(within(CONTROLLER, 'spec', 'egress', item('*'), 'ports', item('*'), 'port'))],
  }),
})
