import assert from 'node:assert/strict'
import test from 'node:test'
import { LASTING_MS, Outages } from './outages.ts'

function told() {
  const said: string[] = []
  const outages = new Outages({
    onError: ({ message }) => said.push(message.replace('; what was known stays in force', '')),
    onRecovered: (sentence) => said.push(sentence),
  })
  const problems = () => outages.problems().map(({ name, code }) => `${name} ${code}`)
  return { said, outages, problems }
}
const away = { message: 'refused' }
const answer = (status: number) => ({ message: `said ${status}`, status })

test('a connection that is found again at once is nothing to say', () => {
  const { said, outages } = told()
  assert.equal(outages.failed('nodes', away, 0), false)
  assert.equal(outages.recovered('nodes'), false)
  assert.deepEqual(said, [])
})

test('a server that is away is said once, whoever notices; and that it is back, when all have it', () => {
  const { said, outages } = told()
  for (let times = 0; times < 3; times++) {
    for (const plural of ['nodes', 'services']) outages.failed(plural, away, 0)
  }
  assert.equal(outages.recovered('nodes'), false)
  assert.deepEqual(said, ['refused'])
  assert.equal(outages.recovered('services'), true, 'what could not be written may be now')
  outages.failed('nodes', away, 0)
  assert.equal(said.length, 2, 'a stumble right after it is none')
  outages.failed('nodes', away, 0)
  assert.deepEqual(said, ['refused', 'the API server answers again', 'refused'])
})

test('while the server is away it says why; not for a stumble, nor for a refusal', () => {
  const { outages } = told()
  outages.failed('nodes', away, 0)
  assert.equal(outages.away(), undefined)
  outages.failed('nodes', away, 0)
  assert.equal(outages.away(), 'refused')
  outages.recovered('nodes')
  assert.equal(outages.away(), undefined)
  for (const now of [0, LASTING_MS]) outages.failed('services', answer(403), now)
  assert.equal(outages.away(), undefined)
})

for (const status of [401, 403, 404]) {
  test(`a server that starts answers ${status} to everything for a moment: that is no problem`, () => {
    const { said, outages, problems } = told()
    const kinds = ['nodes', 'services']
    for (const plural of kinds) outages.failed(plural, answer(status), 0)
    for (const plural of kinds) outages.failed(plural, answer(status), LASTING_MS - 1)
    for (const plural of kinds) assert.equal(outages.recovered(plural), false)
    assert.deepEqual([said, problems()], [[], []])
  })
}

test('after an outage such a moment is the end of the outage, not its own trouble', () => {
  const { said, outages, problems } = told()
  for (const now of [0, 1]) outages.failed('nodes', away, now)
  outages.failed('nodes', answer(403), 60_000)
  outages.failed('nodes', answer(403), 60_500)
  assert.deepEqual([said, problems()], [['refused'], []])
  outages.recovered('nodes')
  assert.deepEqual(said, ['refused', 'the API server answers again'])
})

test('a refusal counts from the first answer of a row without other failures', () => {
  const { outages, problems } = told()
  outages.failed('nodes', answer(403), 0)
  outages.failed('nodes', away, 5_000)
  outages.failed('nodes', answer(403), LASTING_MS)
  assert.deepEqual(problems(), [])
  assert.equal(outages.failed('nodes', answer(403), 2 * LASTING_MS), true)
  assert.deepEqual(problems(), ['nodes forbidden'])
})

test('a right that is missing for good does not hide the next outage, nor its end', () => {
  const { said, outages, problems } = told()
  outages.failed('secrets', answer(403), 0)
  assert.equal(outages.failed('secrets', answer(403), LASTING_MS), true)
  assert.equal(outages.failed('secrets', answer(403), 2 * LASTING_MS), false)
  for (let times = 0; times < 2; times++) {
    for (const now of [0, 1]) outages.failed('nodes', away, now)
    outages.recovered('nodes')
  }
  const outage = ['refused', 'the API server answers again']
  assert.deepEqual(said, ['said 403', ...outage, ...outage])
  assert.deepEqual(problems(), ['secrets forbidden'])
  assert.equal(outages.recovered('secrets'), true)
  assert.equal(said.at(-1), 'secrets (403) answers again')
  assert.deepEqual(problems(), [])
})

test('a kind that is not installed is a problem of its own', () => {
  const { outages } = told()
  for (const now of [0, LASTING_MS]) outages.failed('bgppeers', answer(404), now)
  const [problem] = outages.problems()
  assert.equal(problem?.code, 'not-served')
  assert.match(problem!.message, /not installed \(said 404\)/)
})

test('a server that is busy is away, not refusing', () => {
  const { said, outages, problems } = told()
  for (const now of [0, LASTING_MS]) outages.failed('nodes', answer(429), now)
  for (const now of [0, 1]) outages.failed('services', answer(503), now)
  assert.deepEqual([said, problems()], [['said 429'], []])
})
