// Names of others that our pages may speak of.

/** Flags of programs that are not ours, where a page names the flag alone. */
export const FOREIGN_FLAGS: ReadonlySet<string> = new Set([
  // node's
  ...['--expose-gc', '--initial-old-space-size', '--max-semi-space-size', '--optimize-for-size'],
  // kubectl's
  ...['--cascade', '--dry-run', '--force-conflicts', '--server-side'],
])
