// What a kube-apiserver of a test is started with: its flags, and the files they name. What no flag
// names is as in a cluster: admission plugins, caches, priorities.
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenFile, type User } from './access.ts'

export interface Place {
  /** None: this machine's loopback, and nothing else. */
  readonly address: string | undefined
  readonly port: number
}

/** Paths are relative to the directory in which the server runs. */
export function serverFlags({ address, port }: Place, etcdUrl: string): string[] {
  const six = address?.includes(':')
  const services = ['10.96.0.0/16', 'fd00:10:96::/108']
  return [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${port}`,
    ...(address ? [`--bind-address=${six ? '::' : '0.0.0.0'}`] : ['--bind-address=127.0.0.1']),
    `--advertise-address=${address ?? '127.0.0.1'}`,
    // The server lists itself as an endpoint of Service "kubernetes", which no loopback may be.
    ...(address ? [] : ['--endpoint-reconciler-type=none']),
    // Empty at first: the server makes itself an authority and a certificate, and keeps them.
    '--cert-dir=certificates',
    '--token-auth-file=tokens.csv',
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-account-key-file=accounts.key',
    '--service-account-signing-key-file=accounts.key',
    // The first family has to be that of the address.
    `--service-cluster-ip-range=${six ? services.reverse() : services}`,
    // Webhooks named by their Service are called at its endpoints: nobody translates cluster addresses.
    '--enable-aggregator-routing=true',
    '--allow-privileged=true',
  ]
}

export async function writeSecrets(dir: string, users: readonly User[]): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const files = {
    'tokens.csv': tokenFile(users),
    'accounts.key': privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(dir, name), text, { mode: 0o600 })
  }
}
