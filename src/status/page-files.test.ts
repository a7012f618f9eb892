import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pageRoutes } from './page-files.ts'
import type { AnswerRoute } from './routes.ts'

const DIR = join(import.meta.dirname, 'page')

async function served(): Promise<Map<string, string>> {
  const routes = pageRoutes().map(async ([path, route]) => {
    const { text } = await (route as AnswerRoute).answer(new URLSearchParams())
    return [path, text] as const
  })
  return new Map(await Promise.all(routes))
}

test('every file of the page is served, and nothing beside', async () => {
  const files = readdirSync(DIR).filter((file) => file !== 'tsconfig.json')
  const texts = files.map((file) => readFileSync(join(DIR, file), 'utf8'))
  assert.deepEqual([...(await served()).values()].sort(), texts.sort())
})

test('every module that a script asks for is served', async () => {
  const files = await served()
  const wanted = [...files.values()].flatMap((text) =>
    [...text.matchAll(/^} from '\.(\/[\w-]+\.js)'|import .* from '\.(\/[\w-]+\.js)'/gm)].map(
      ([, a, b]) => a ?? b!,
    ),
  )
  assert.ok(wanted.length > 5, 'modules are found')
  assert.deepEqual(
    wanted.filter((path) => !files.has(path)),
    [],
  )
})

test('nothing of the page is markup out of text, or of another host', async () => {
  const forbidden =
    /innerHTML\s*=[^=]|insertAdjacentHTML|document\.write|\beval\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/
  for (const [path, text] of await served()) {
    assert.equal(forbidden.exec(text)?.[0], undefined, path)
  }
})
