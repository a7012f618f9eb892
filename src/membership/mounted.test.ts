import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import { readSecret, readSettings } from './mounted.ts'
import { PROFILES } from './settings.ts'

test('the key is the file byte for byte, its line end included', async () => {
  using folder = temporaryFolder({ secretkey: ' secret\r\n' })
  assert.equal(Buffer.from(await readSecret(folder.dir)).toString(), ' secret\r\n')
})

test('an empty file, or no folder named, is no key', async () => {
  using folder = temporaryFolder({ secretkey: '' })
  assert.equal((await readSecret(folder.dir)).length, 0)
  assert.equal((await readSecret('')).length, 0)
})

for (const [name, dir] of [
  ['file', '.'],
  ['folder', 'nowhere'],
] as const) {
  test(`a key ${name} that is not there says which Secret is missing`, async () => {
    using folder = temporaryFolder()
    const path = folder.path(dir)
    await assert.rejects(readSecret(path), ({ message, cause }: Error) => {
      assert.ok(message.includes(path) && message.includes('Secret "memberlist"'), message)
      return (cause as NodeJS.ErrnoException).code === 'ENOENT'
    })
  })
}

test('without a settings file the profile stands', async () => {
  using folder = temporaryFolder()
  assert.equal(await readSettings(folder.path('config.json'), 'WAN'), PROFILES.WAN)
  assert.equal(await readSettings('', 'LAN'), PROFILES.LAN)
})

test('a settings file that is wrong is refused with its path and its fields', async () => {
  using folder = temporaryFolder({ 'config.json': '{"GossipNodes": 3}' })
  const path = folder.path('config.json')
  await assert.rejects(readSettings(path, 'LAN'), ({ message }: Error) => {
    assert.ok(message.startsWith(`the settings of the gossip in ${path}: `))
    return message.includes('TCPTimeout is missing') && message.includes('UDPBufferSize is missing')
  })
})

test('a settings file that cannot be read is not taken for a missing one', async () => {
  using folder = temporaryFolder()
  await assert.rejects(readSettings(folder.dir, 'LAN'), { message: /cannot be read$/ })
})
