// The flags of the speakers' gossip: MetalLB's by their names, and ours. Whoever runs a speaker without
// Kubernetes has them as well.
import { parseAddress } from '../net/address.ts'
import { choice, type Flag, port, text, truth } from './flags.ts'

export const gossipFlags = {
  mlBindaddr: text(
    'Address of this node to gossip with the other speakers from, so that they take over when it dies. Without it, or without --ml-labels or --ml-join, there is no gossip: on layer 2 every node counts as one whose speaker lives, so speakers have to run on all of them.',
    '',
    { env: 'METALLB_ML_BIND_ADDR', value: 'ADDRESS' },
  ),
  mlBindport: port('Port of the gossip, TCP and UDP, the same on every node.', 7946, {
    env: 'METALLB_ML_BIND_PORT',
  }),
  mlLabels: text(
    'Labels of the Pods of all speakers, as a selector. Several with a semicolon between find the Pods of each: ours and those of a MetalLB that is being replaced.',
    '',
    { env: 'METALLB_ML_LABELS', value: 'SELECTOR' },
  ),
  mlJoin: addresses(
    'Addresses of other speakers, with commas between, where no Pods tell them; one that lives is enough, it knows the others.',
  ),
  mlSecretKeyPath: text(
    'Folder with the key of the gossip as file secretkey, the same for all. Without it, nothing is encrypted.',
    '',
    { env: 'METALLB_ML_SECRET_KEY_PATH', value: 'DIR' },
  ),
  mlKeyBytes: choice(
    'How much of the key is used. 16 only beside speakers of MetalLB v0.13.',
    ['32', '16'],
    '32',
  ),
  mlWanConfig: truth('Wait longer for each other: nodes are far apart.'),
  mlConfigFile: text(
    'File with all settings of the gossip instead, as in the ConfigMap metallb-memberlist-config. Read at the start; without the file the others stand.',
    '/etc/metallb/memberlist/config.json',
    { value: 'FILE' },
  ),
}

/** As they were written; each is an address. */
function addresses(about: string): Flag<readonly string[]> {
  const parse = (written: string) => {
    const value = written
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
    const odd = value.find((one) => !parseAddress(one))
    return odd === undefined ? { value } : { refusal: `names "${odd}", which is not an IP address` }
  }
  return { about, value: 'ADDRESSES', fallback: [], env: [], parse }
}
