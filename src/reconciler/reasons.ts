// The controller's words: why a Service has no address, has not all it asked for, or had to give
// one up. One list for event, status page, log and explain; the names follow after a colon.
import type { AllocationReason } from '../ipam/allocate.ts'

export const CONTROLLER_REASONS = {
  notLoadBalancer: 'the Service is not of type LoadBalancer',
  otherClass: 'the Service belongs to another load balancer class',
  noPools: 'there is no address pool; create an IPAddressPool',
  poolRefused: 'its pool has a problem at present; the address stays as it is',
  noClusterIP: 'the Service has no cluster address yet',
  notEnoughClusterIPs:
    'ipFamilyPolicy is RequireDualStack, but the Service does not have two cluster addresses',
  unknownFamily: 'the IP family of the Service cannot be told from its cluster addresses',
  invalidStatus: 'its status does not hold one address, or one of each IP family',
  otherFamily: 'its address is not of the IP family of the Service',
  otherAddressWanted: 'the Service asks for another address',
  invalidRequest: 'the requested address is not valid',
  requestedFamily: 'the requested addresses are not of the IP families of the Service',
  addressNotInPool: 'no pool holds the address',
  addressesOfTwoPools: 'the two addresses belong to different pools',
  addressInUse: 'the address is in use',
  unknownPool: 'the pool that the annotation names does not exist',
  otherPool: 'the address does not belong to the pool that the annotation names',
  noPoolFits: 'no pool has an address for the Service',
  namespaceNotSelected: 'the pool is for other namespaces',
  serviceNotSelected: 'the pool is for other Services; its selectors do not match the labels',
  notAutomatic: 'autoAssign is off; the pool is used only where a Service names it',
  noSuchFamily: 'the pool has no addresses of the IP family',
  onlyOneFamily: 'the pool cannot give an address of both IP families',
  exhausted: 'all addresses of the pool are in use',
} as const satisfies Record<AllocationReason, string> & Record<string, string>

export type ControllerReason = keyof typeof CONTROLLER_REASONS

/** The whole sentence; `detail` names what it is about. */
export function sentenceOf(because: ControllerReason, detail = ''): string {
  const words = CONTROLLER_REASONS[because]
  return detail === '' ? words : `${words}: ${detail}`
}
