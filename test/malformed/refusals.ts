// Who refuses which of the mistakes here, as a cluster is set up by our manifests. A real API server is asked
// about each in test/kube/admission.test.ts, and docs/admission.md counts them.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

export type Refuser = 'definition' | 'webhook' | 'nobody'

/** Other mistakes are of kinds that are not ours, or of files. */
const KINDS = /^(?:advertisement|bfd|community|l2|legacy-pool|peer|pool|selector)-/

/** Names of the inputs that could be written to a cluster. */
export const MISTAKES: readonly string[] = readdirSync(join(import.meta.dirname, 'inputs'))
  .map((file) => basename(file, '.yaml'))
  .filter((name) => KINDS.test(name))

/** What only the webhook can refuse: it takes other objects, or more than CEL's budget. */
export const BY_WEBHOOK: ReadonlySet<string> = new Set([
  'advertisement-aggregation-too-short',
  'advertisement-local-pref-conflict',
  'advertisement-peer-twice',
  'advertisement-pool-twice',
  'bfd-echo-with-ipv6',
  'community-alias-of-another-object',
  'community-hexadecimal',
  'community-large-misspelt',
  'community-large-section-too-large',
  'community-negative',
  'community-object-alias-twice',
  'community-section-too-large',
  'community-too-many',
  'community-without-value',
  'legacy-pool-aggregation-too-short',
  'legacy-pool-name-taken',
  'legacy-pool-overlaps',
  'peer-of-another-my-asn',
  'peer-of-another-router-id',
  'peer-selector-twice',
  'peer-selector-unknown-operator',
  'peer-twice',
  'pool-namespace-twice',
  'pool-overlaps-another',
  'pool-overlaps-itself',
  'pool-range-backwards',
  'selector-bad-key',
  'selector-bad-value',
  'selector-exists-with-values',
  'selector-in-without-values',
  'selector-twice',
  'selector-unknown-operator',
  'selector-value-twice',
])

/** What may still come right: taken, and the writer is told. */
export const TOLD: ReadonlySet<string> = new Set([
  'community-three-parts',
  'community-unknown',
  'peer-bfd-profile-missing',
  'peer-named-secret-with-blank',
  'peer-secret-missing',
  'peer-secret-of-another-namespace',
  'peer-secret-of-wrong-type',
  'peer-secret-with-line-break',
  'peer-secret-without-key',
])

export const refusedBy = (name: string): Refuser =>
  BY_WEBHOOK.has(name) ? 'webhook' : TOLD.has(name) ? 'nobody' : 'definition'
