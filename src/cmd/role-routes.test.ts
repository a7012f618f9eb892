import assert from 'node:assert/strict'
import test from 'node:test'
import { type RolePages, roleRoutes } from './role-routes.ts'

const PAGES: RolePages = {
  metrics: { contentType: 'text/x-metrics', text: async () => 'a 1\n' },
  unready: () => undefined,
  plan: () => '{"a":1}',
}

async function get(path: string, pages: Partial<RolePages> = {}) {
  const route = roleRoutes({ ...PAGES, ...pages }).get(path)
  assert.ok(route && 'answer' in route, path)
  return await route.answer(new URLSearchParams())
}

test('what is served', async () => {
  assert.deepEqual(await get('/metrics'), { type: 'text/x-metrics', text: 'a 1\n' })
  assert.deepEqual(await get('/plan.json'), { type: 'application/json', text: '{"a":1}' })
  assert.deepEqual(await get('/healthz'), { text: 'ok\n' })
  assert.deepEqual(await get('/readyz'), { text: 'ok\n' })
})

test('it says why it is not ready, and lives nevertheless', async () => {
  const pages = { unready: () => 'no pass yet', plan: () => undefined }
  assert.deepEqual(await get('/readyz', pages), { status: 503, text: 'no pass yet\n' })
  assert.deepEqual(await get('/plan.json', pages), { status: 503, text: 'there is no plan yet\n' })
  assert.deepEqual(await get('/healthz', pages), { text: 'ok\n' })
})

test('only health is for everybody', () => {
  const open = [...roleRoutes(PAGES)].filter(([, { isOpen }]) => isOpen).map(([path]) => path)
  assert.deepEqual(open, ['/healthz', '/readyz'])
})
