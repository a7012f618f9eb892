import assert from 'node:assert/strict'
import test from 'node:test'
import { Metrics } from './record.ts'

async function layer2Lines(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => /^(?:metallb|ferrule)_layer2_/.test(line))
}

test('each address has its series as long as it is answered for; frames have theirs', async () => {
  const metrics = new Metrics({ speaker: true })
  const one = { address: '192.0.2.1', requests: 5, responses: 4, gratuitous: 10, conflicts: 1 }
  let counted = [one]
  metrics.observeLayer2({
    counters: () => counted,
    frames: () => ({ answered: 4, 'not-ours': 7 }),
    restarts: () => 1,
  })
  const ofAll = [
    'ferrule_layer2_frames_total{outcome="answered"} 4',
    'ferrule_layer2_frames_total{outcome="not-ours"} 7',
    'ferrule_layer2_restarts_total 1',
  ]
  assert.deepEqual(await layer2Lines(metrics), [
    'metallb_layer2_requests_received{ip="192.0.2.1"} 5',
    'metallb_layer2_responses_sent{ip="192.0.2.1"} 4',
    'metallb_layer2_gratuitous_sent{ip="192.0.2.1"} 10',
    'ferrule_layer2_conflicts_total{ip="192.0.2.1"} 1',
    ...ofAll,
  ])
  counted = []
  assert.deepEqual(await layer2Lines(metrics), ofAll)
})
