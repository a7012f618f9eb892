// Which prefixes FRR's configuration announces as its own, whichever router and family they stand in.
// Separate from the classes: this is asked once, when we start and FRR may have been running for long.
import type { Tree } from './tree.ts'

export function announcedPrefixes(tree: Tree): Set<string> {
  const prefixes = new Set<string>()
  for (const router of tree.contexts.values()) {
    if (!router.opener.startsWith('router bgp ')) continue
    for (const family of router.contexts.values()) {
      for (const line of family.lines.values()) {
        const [word, prefix] = line.split(' ')
        if (word === 'network' && prefix !== undefined) prefixes.add(prefix)
      }
    }
  }
  return prefixes
}
