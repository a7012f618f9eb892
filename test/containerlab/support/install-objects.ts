// What somebody who has just installed applies, and a server to have something to reach: the objects of
// docs/install.md for the router of these tests.
import { NODE_ASN, POOL } from './fabric-router.ts'
import { ROUTER } from './machines.ts'

export const ADDRESS = '198.51.100.80'
export const PREFIX = `${ADDRESS}/32`

export const FIRST_OBJECTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: first
  namespace: metallb-system
spec:
  addresses:
    - ${POOL}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: router
  namespace: metallb-system
spec:
  myASN: ${NODE_ASN}
  peerASN: ${ROUTER.asn}
  peerAddress: ${ROUTER.address}
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata:
  name: first
  namespace: metallb-system
spec:
  ipAddressPools:
    - first
`

/** Answers with the name of its Pod; `image` is one that has Node. */
export const webText = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          command: [node, -e, "${SERVER}"]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
  annotations: { metallb.io/loadBalancerIPs: ${ADDRESS} }
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`

const SERVER =
  "require('http').createServer((_, answer) => answer.end(require('os').hostname())).listen(8080)"
