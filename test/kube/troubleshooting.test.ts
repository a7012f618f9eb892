// The commands with which guides have people look at a cluster, asked of a real API server that holds the
// guide's own objects: each of the page is run, and prints what the page says.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { temporaryFolder } from '../support/folder.ts'
import { find } from '../support/source.ts'
import { commandsUnder } from '../support/troubleshooting-page.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'
import { followGuide, installObjects, POD } from './support/guide-cluster.ts'

const PRINTS: Readonly<Record<string, readonly RegExp[]>> = {
  'kubectl get pods -n metallb-system': [/^speaker-66bth +0\/2/m],
  'kubectl get -n metallb-system pods -l component=speaker': [/^speaker-66bth +0\/2/m],
  "kubectl get pods -n metallb-system POD -o jsonpath='{.spec.nodeName}'": [/^worker-1$/],
  'kubectl get all -n metallb-system': [/^pod\/speaker-66bth/m, /^daemonset\.apps\/speaker/m],
  'kubectl describe pods -n metallb-system -l component=speaker': [
    /^ {2}speaker:$/m,
    /^ {2}frr:$/m,
  ],
  'kubectl get ipaddresspools -n metallb-system': [
    /^NAME +AUTO ASSIGN +AVOID BUGGY IPS +ADDRESSES$/m,
    /^production-pool +true +true +\["192\.168\.100\.0\/24"\]$/m,
  ],
  'kubectl get ipaddresspools -n metallb-system -o yaml': [
    /^ {4}- 192\.168\.100\.0\/24$/m,
    /^ {2}status:\n(?: {4}.*\n)*? {4}availableIPv4: 200$/m,
  ],
  'kubectl get bgppeers -n metallb-system': [
    /^NAME +ADDRESS +ASN +BFD PROFILE +MULTI HOPS$/m,
    /^router-primary +192\.168\.1\.1 +64512/m,
  ],
  'kubectl describe bgppeer router-primary -n metallb-system': [
    /^ {2}Peer Address: +192\.168\.1\.1$/m,
    /^ +Warning +sessionDown .*the session of node worker-1 is down$/m,
  ],
  'kubectl get bgpadvertisements -n metallb-system': [
    /^production-with-communities +\["production-pool"\]/m,
  ],
  'kubectl get bgpadvertisements -n metallb-system -o yaml': [/^ {4}- production-community$/m],
  'kubectl get communities -n metallb-system': [/^production-community +\S+$/m],
  'kubectl get configurationstates -n metallb-system': [
    /^NAME +RESULT +ERRORSUMMARY +AGE$/m,
    /^speaker-worker-1 +Valid/m,
  ],
  'kubectl get servicebgpstatuses -n metallb-system': [/^bgp-1 +worker-1 +nginx-lb +default/m],
  'kubectl get svc -A | grep LoadBalancer': [/^default +nginx-lb +LoadBalancer .* <pending> /m],
  'kubectl get svc nginx-lb': [/^nginx-lb +LoadBalancer +\S+ +<pending> /m],
  "kubectl get events -n metallb-system --sort-by='.lastTimestamp'": [
    /Warning +sessionDown +bgppeer\/router-primary/,
  ],
  'kubectl get secret bgp-auth-secret -n metallb-system -o yaml': [
    /^ {2}password: eW91ci1zZWN1cmUtcGFzc3dvcmQ=$/m,
  ],
  "kubectl get secret bgp-auth-secret -n metallb-system -o jsonpath='{.data.password}' | base64 -d":
    [/^your-secure-password$/],
  'kubectl get crd | grep metallb': find('manifests/crds/*.yaml').map((path) => {
    const [group, plural] = /([^/]+)\.yaml$/.exec(path)![1]!.split('_')
    return new RegExp(`^${plural}\\.${group} `, 'm')
  }),
}

test('the page and this test know the same commands', () => {
  assert.deepEqual(commandsUnder('Of the cluster'), Object.keys(PRINTS))
})

suite('looking at a cluster', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let kubectl: string
  before(async () => {
    kubectl = (await kubeCommands(() => {})).kubectl
    server = await startApiServer({ dir: folder.dir })
    await installObjects(server)
    await followGuide(server)
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  for (const [command, expected] of Object.entries(PRINTS)) {
    test(command, async () => {
      const { kubeconfig: KUBECONFIG } = await server.access()
      // As people type it, in a shell; "kubectl" is the one that fits the server.
      const line = command.replace('POD', POD).replaceAll(/\bkubectl\b/g, kubectl)
      const { stdout } = await execa('bash', ['-o', 'pipefail', '-c', line], {
        env: { KUBECONFIG },
      })
      for (const one of expected) assert.match(stdout, one)
    })
  }
})
