// What this kernel can do beyond bridges and veth links. Some kernels lack VRF, dummy or ipvlan devices or
// delays on a link; a test that needs one asks here, and says so when it is skipped.
import { execa } from 'execa'
import { openNet, uniquePrefix } from './netns.ts'

/** How to have one of each; tried in a namespace that is gone afterwards. */
const TRIES = {
  vrf: ['link', 'add', 'try0', 'type', 'vrf', 'table', '100'],
  dummy: ['link', 'add', 'try0', 'type', 'dummy'],
  ipvlan: ['link', 'add', 'try0', 'link', 'peer0', 'type', 'ipvlan', 'mode', 'l2'],
  netem: ['qdisc', 'add', 'dev', 'peer0', 'root', 'netem', 'delay', '1ms'],
} as const

export type KernelFeature = keyof typeof TRIES

/** What is missing, each with the kernel's own reason. */
export async function missingKernelFeatures(): Promise<Map<KernelFeature, string>> {
  await using net = await openNet(uniquePrefix('probe'))
  const missing = new Map<KernelFeature, string>()
  for (const [feature, argv] of Object.entries(TRIES) as [KernelFeature, readonly string[]][]) {
    const netns = await net.addNetns(feature)
    await netns.ip('link add peer0 type veth peer name peer1')
    const [first = '', ...rest] = argv
    const tool = first === 'qdisc' ? 'tc' : 'ip'
    const { failed, stderr } = await execa(tool, ['-n', netns.id, first, ...rest], {
      reject: false,
    })
    if (failed) missing.set(feature, String(stderr).trim())
  }
  return missing
}
