import assert from 'node:assert/strict'
import test from 'node:test'
import { Store } from './store.ts'

/** Tells what the watch tells: `name@version`. */
function tell(store: Store<string>, ...told: string[]): string[] {
  return told.filter((one) => {
    const [name = '', version = ''] = one.split('@')
    const isNews = store.isNews(name, version)
    if (isNews) store.put(name, version, one)
    return isNews
  })
}

test('a version is news once', () => {
  const store = new Store<string>()
  assert.deepEqual(tell(store, 'a@1', 'a@1', 'a@2', 'b@1'), ['a@1', 'a@2', 'b@1'])
})

test('what the watch tells of the time before our write does not count', () => {
  const store = new Store<string>()
  tell(store, 'a@7')
  store.wrote('a', '10', 'ours')
  assert.deepEqual(tell(store, 'a@8', 'a@9'), [])
  assert.equal(store.remove('a', '9'), undefined)
  assert.deepEqual(tell(store, 'a@10'), [], 'our own write, echoed')
  assert.deepEqual(tell(store, 'a@11'), ['a@11'])
  assert.equal(store.remove('a', '12'), 'a@11')
})

test('the answer to a write may come after the watch told of it, and of more', () => {
  const store = new Store<string>()
  tell(store, 'a@7', 'a@10', 'a@11')
  store.wrote('a', '10', 'ours')
  assert.equal(store.get('a'), 'a@11')
})

test('a list takes away what it does not name, but not what we wrote meanwhile', () => {
  const store = new Store<string>()
  tell(store, 'a@1', 'b@2', 'c@3')
  store.begin()
  tell(store, 'a@1')
  store.wrote('b', '9', 'ours')
  assert.deepEqual(store.sweep(), [['c', 'c@3']])
  assert.equal(store.get('b'), 'ours')
})

test('a list that was asked for after our write knows better, even from an older etcd', () => {
  const store = new Store<string>()
  store.wrote('a', '100', 'ours')
  store.begin()
  assert.deepEqual(tell(store, 'a@5'), ['a@5'])
})

test('a list that begins again begins from nothing', () => {
  const store = new Store<string>()
  tell(store, 'a@1', 'b@1')
  store.begin()
  tell(store, 'a@1', 'b@1')
  store.begin()
  tell(store, 'a@1')
  assert.deepEqual(store.sweep(), [['b', 'b@1']])
})

for (const [older, newer] of [
  ['9', '10'],
  ['18446744073709551615', '18446744073709551616'],
]) {
  test(`versions are whole numbers of any size: ${older} is before ${newer}`, () => {
    const store = new Store<string>()
    store.wrote('a', newer!, 'ours')
    assert.equal(store.isNews('a', older!), false)
  })
}

test('a version that is no number is only equal or not', () => {
  const store = new Store<string>()
  store.wrote('a', 'x-2', 'ours')
  assert.equal(store.isNews('a', 'x-1'), true)
})
