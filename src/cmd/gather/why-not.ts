// Why something of a cluster could not be gathered, in the words of who may want the right, or the kind,
// and does not have it. Pure.
import { describe } from '../../describe.ts'
import { isStatus } from '../../kube/api-error.ts'

export function whyNot(error: unknown): string {
  if (isStatus(error, 403)) return `no right to read it: ${error.said}`
  if (isStatus(error, 404)) return 'this API server does not have it'
  return describe(error)
}
