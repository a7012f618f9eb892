import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forbidServiceStarts } from './packages.ts'

const policy = (t: { after: (clean: () => void) => void }) => {
  const dir = mkdtempSync(join(tmpdir(), 'policy-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return join(dir, 'policy-rc.d')
}

test('no service starts while packages are installed, and afterwards as before', async (t) => {
  const path = policy(t)
  {
    await using _ = await forbidServiceStarts(path)
    assert.throws(() => execFileSync(path), { status: 101 })
  }
  assert.ok(!existsSync(path))
})

test("the machine's own policy stays as it is", async (t) => {
  const path = policy(t)
  writeFileSync(path, 'mine')
  {
    await using _ = await forbidServiceStarts(path)
  }
  assert.equal(readFileSync(path, 'utf8'), 'mine')
})
