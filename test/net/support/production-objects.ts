// Objects that the production guide's tests add to those of the guide.
import { stringify } from 'yaml'

export interface ServiceOptions {
  readonly pool?: string
  readonly local?: boolean
  readonly address?: string
}

/** A Service with an endpoint on each of these nodes. */
export function serviceText(
  name: string,
  nodes: readonly string[],
  { pool = 'production-pool', local = false, address }: ServiceOptions = {},
): string {
  const annotations = {
    'metallb.io/address-pool': pool,
    ...(address ? { 'metallb.io/loadBalancerIPs': address } : {}),
  }
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: { name, namespace: 'default', annotations },
    spec: {
      ...{ type: 'LoadBalancer', clusterIP: '10.96.0.80', ipFamilies: ['IPv4'] },
      ...(local ? { externalTrafficPolicy: 'Local' } : {}),
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  }
  const labels = { 'kubernetes.io/service-name': name }
  const slice = {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: { name, namespace: 'default', labels },
    endpoints: nodes.map((nodeName, at) => ({
      ...{ addresses: [`10.244.${at}.5`], nodeName, conditions: { ready: true } },
    })),
  }
  return `${stringify(service)}---\n${stringify(slice)}`
}

const pool = (name: string, addresses: string) =>
  stringify({
    ...{ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool' },
    ...{ metadata: { name, namespace: 'metallb-system' }, spec: { addresses: [addresses] } },
  })

const advertisement = (name: string) =>
  stringify({
    ...{ apiVersion: 'metallb.io/v1beta1', kind: 'BGPAdvertisement' },
    metadata: { name, namespace: 'metallb-system' },
    spec: { ipAddressPools: [name], communities: ['64512:1100', '64512:1200'] },
  })

/** Outside of the routers' filters, with the right marks. */
export const FOREIGN = [
  pool('foreign', '172.16.0.1/32'),
  advertisement('foreign'),
  serviceText('foreign', ['n1', 'n2', 'n3'], { pool: 'foreign' }),
].join('---\n')

export function flood(count: number): string {
  const services = Array.from({ length: count }, (_, at) =>
    serviceText(`flood-${at}`, ['n1'], { pool: 'flood' }),
  )
  return [pool('flood', '10.101.0.0/22'), advertisement('flood'), ...services].join('---\n')
}
