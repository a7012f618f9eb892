import assert from 'node:assert/strict'
import test from 'node:test'
import { Outages } from './outages.ts'

function told() {
  const said: string[] = []
  const outages = new Outages({
    onError: ({ message }) => said.push(message.replace('; what was known stays in force', '')),
    onRecovered: () => said.push('recovered'),
  })
  return { said, outages }
}
const away = (failures: number) => ({ message: 'refused', failures })
const forbidden = { message: 'forbidden', status: 403, failures: 1 }

test('a connection that is found again at once is nothing to say', () => {
  const { said, outages } = told()
  assert.equal(outages.failed('nodes', away(1)), false)
  assert.equal(outages.recovered('nodes'), false)
  assert.deepEqual(said, [])
})

test('a server that is away is said once, whoever notices; and that it is back, when all have it', () => {
  const { said, outages } = told()
  for (const failures of [1, 2, 3]) {
    for (const plural of ['nodes', 'services']) outages.failed(plural, away(failures))
  }
  outages.recovered('nodes')
  assert.deepEqual(said, ['refused'])
  outages.recovered('services')
  outages.failed('nodes', away(2))
  assert.deepEqual(said, ['refused', 'recovered', 'refused'])
})

test('a right that is missing for good does not hide the next outage', () => {
  const { said, outages } = told()
  assert.equal(outages.failed('secrets', forbidden), true)
  assert.equal(outages.failed('secrets', forbidden), false)
  for (let times = 0; times < 2; times++) {
    outages.failed('nodes', away(2))
    outages.recovered('nodes')
  }
  assert.deepEqual(said, ['forbidden', 'refused', 'refused'])
  assert.deepEqual(
    outages.problems().map(({ name, code }) => `${name} ${code}`),
    ['secrets forbidden'],
  )
  assert.equal(outages.recovered('secrets'), true)
  assert.deepEqual(outages.problems(), [])
})

test('a kind that is not installed is a problem of its own', () => {
  const { outages } = told()
  outages.failed('bgppeers', { message: 'GET …: 404', status: 404, failures: 1 })
  const [problem] = outages.problems()
  assert.equal(problem?.code, 'not-served')
  assert.match(problem!.message, /not installed \(GET …: 404\)/)
})
