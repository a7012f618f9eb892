import assert from 'node:assert/strict'
import test from 'node:test'
import { Metrics } from './record.ts'

async function gossipLines(metrics: Metrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => line.startsWith('ferrule_gossip_'))
}

test('what a member knows and counts is read when somebody asks', async () => {
  const states = ['alive', 'alive', 'suspect', 'dead']
  const counted = {
    ...{ health: 2, packetsIn: 10, packetsOut: 11, streamsIn: 3 },
    dropped: { 'no-key': 4 },
    happened: { joined: 2, notSent: 1 },
  }
  const metrics = new Metrics({ speaker: true })
  metrics.observeGossip({
    list: () => states.map((state) => ({ state })),
    counters: () => counted,
  })
  const before = [
    'ferrule_gossip_members{state="alive"} 2',
    'ferrule_gossip_members{state="suspect"} 1',
    'ferrule_gossip_members{state="dead"} 1',
    'ferrule_gossip_members{state="left"} 0',
    'ferrule_gossip_health_score 2',
    'ferrule_gossip_packets_total{direction="received"} 10',
    'ferrule_gossip_packets_total{direction="sent"} 11',
    'ferrule_gossip_connections_total 3',
    'ferrule_gossip_dropped_total{reason="no-key"} 4',
    'ferrule_gossip_events_total{event="joined"} 2',
    'ferrule_gossip_events_total{event="notSent"} 1',
  ]
  assert.deepEqual(await gossipLines(metrics), before)
  counted.packetsIn = 12
  states.push('left')
  const after = await gossipLines(metrics)
  assert.ok(after.includes('ferrule_gossip_packets_total{direction="received"} 12'))
  assert.ok(after.includes('ferrule_gossip_members{state="left"} 1'))
})

test('where nobody gossips nothing is said of it', async () => {
  assert.deepEqual(await gossipLines(new Metrics({ speaker: true })), [])
})
