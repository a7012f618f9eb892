import assert from 'node:assert/strict'
import { delimiter } from 'node:path'
import test from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import { kubeconfigAccess, podAccess } from './access.ts'

test('in a Pod: the token and the authority are read again when they are others', async () => {
  using files = temporaryFolder({ token: 'one\n', 'ca.crt': 'CA 1' })
  const access = podAccess({ host: 'fd00::1', port: '443', dir: files.dir })
  assert.equal(access.server.href, 'https://[fd00::1]/')
  const first = await access.credentials()
  assert.equal(first.headers.authorization, 'Bearer one')
  assert.equal(first.tls.ca, 'CA 1')
  assert.equal((await access.credentials()).tls, first.tls, 'the same while it is the same')
  files.write('token', 'another\n')
  files.write('ca.crt', 'CA number 2')
  const second = await access.credentials()
  assert.equal(second.headers.authorization, 'Bearer another')
  assert.equal(second.tls.ca, 'CA number 2')
})

test('in a Pod without its token, the request fails and says which file', async () => {
  using files = temporaryFolder({ 'ca.crt': 'CA' })
  const access = podAccess({ host: '10.96.0.1', port: '443', dir: files.dir })
  await assert.rejects(access.credentials(), /ENOENT.*token/)
})

const kubeconfig = (user: object, cluster: object = {}) =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://k8s.example:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  })

const plugin = (...args: string[]) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', ...args] },
})
const CREDENTIAL = JSON.stringify({
  ...{ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' },
  status: { token: 'from-a-plugin' },
})

for (const [name, user, expected] of [
  ['a token', { token: 't' }, 'Bearer t'],
  ['a password', { username: 'u', password: 'p' }, `Basic ${btoa('u:p')}`],
  ['a plugin', plugin(`echo '${CREDENTIAL}'`), 'Bearer from-a-plugin'],
  ['nothing', {}, undefined],
] as const) {
  test(`a kubeconfig with ${name}`, async () => {
    using files = temporaryFolder({ config: kubeconfig(user) })
    const access = await kubeconfigAccess(files.path('config'))
    assert.equal(access.server.href, 'https://k8s.example:6443/')
    assert.equal((await access.credentials()).headers.authorization, expected)
  })
}

test('a kubeconfig with certificates; what is refused is read again', async () => {
  const data = { 'client-certificate-data': btoa('cert'), 'client-key-data': btoa('key') }
  const cluster = { 'certificate-authority-data': btoa('ca'), 'tls-server-name': 'k8s' }
  using files = temporaryFolder({ config: kubeconfig(data, cluster) })
  const access = await kubeconfigAccess(files.path('config'))
  const { tls } = await access.credentials()
  assert.deepEqual([tls.ca, tls.cert, tls.key, tls.servername].map(String), [
    'ca',
    'cert',
    'key',
    'k8s',
  ])
  assert.equal((await access.credentials()).tls, tls)
  files.write('config', kubeconfig({ token: 'new' }, cluster))
  access.forget()
  const after = await access.credentials()
  assert.equal(after.headers.authorization, 'Bearer new')
  assert.notEqual(after.tls, tls, 'other certificates, other connections')
})

test('a server without TLS', async () => {
  const config = kubeconfig({ token: 't' }, { server: 'http://127.0.0.1:8001' })
  using files = temporaryFolder({ config })
  const access = await kubeconfigAccess(files.path('config'))
  assert.equal((await access.credentials()).headers.authorization, 'Bearer t')
})

for (const [name, user, says] of [
  ['fails', plugin('echo log in first >&2; exit 1'), /user "u" of .*config: log in first$/],
  [
    'prints no JSON',
    plugin('echo token=top-secret'),
    /user "u" of .*: the plugin printed no JSON$/,
  ],
] as const) {
  test(`a plugin that ${name}: the user is named, no token is`, async () => {
    using files = temporaryFolder({ config: kubeconfig(user) })
    const access = await kubeconfigAccess(files.path('config'))
    await assert.rejects(access.credentials(), ({ message }: Error) => says.test(message))
  })
}

test('a kubeconfig without its cluster', async () => {
  using files = temporaryFolder({ config: kubeconfig({}).replace('"clusters"', '"klusters"') })
  await assert.rejects(kubeconfigAccess(files.path('config')), /no cluster for its context "c"/)
})

const named = (name: string, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Config', ...more },
  contexts: [{ name, context: { cluster: name, user: name } }],
  clusters: [{ name, cluster: { server: `https://${name}.example:6443` } }],
  users: [{ name, user: { token: `token-of-${name}` } }],
})

test('a context other than the current one, and one that is not there', async () => {
  using files = temporaryFolder({
    config: JSON.stringify({ ...named('a'), 'current-context': 'gone' }),
  })
  const file = files.path('config')
  const access = await kubeconfigAccess(file, 'a')
  assert.equal(access.server.hostname, 'a.example')
  assert.equal(access.context, 'a')
  await assert.rejects(kubeconfigAccess(file, 'b'), /config has no context "b"; there is a$/)
})

test('several files as KUBECONFIG lists them: the first word counts, missing files do not', async () => {
  using files = temporaryFolder({
    one: JSON.stringify(named('a')),
    two: JSON.stringify({ ...named('b', { 'current-context': 'b' }) }),
    three: JSON.stringify({
      ...named('b', { 'current-context': 'a' }),
      users: [{ name: 'b', user: { token: 'another' } }],
    }),
  })
  const list = ['none', 'one', 'two', 'three'].map((name) => files.path(name)).join(delimiter)
  const access = await kubeconfigAccess(list)
  assert.equal(access.context, 'b')
  assert.equal((await access.credentials()).headers.authorization, 'Bearer token-of-b')
  const other = await kubeconfigAccess(list, 'a')
  assert.equal(other.server.hostname, 'a.example')
})

test('a kubeconfig that is not there is named', async () => {
  await assert.rejects(kubeconfigAccess('/nowhere/config'), /ENOENT.*\/nowhere\/config/)
})
