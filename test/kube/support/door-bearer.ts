// The program behind door.ts: joins each socket it is handed to a port of its namespace's loopback.
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

const port = Number(process.argv[2])

process.on('message', (_, handle) => {
  const guest = handle as Socket
  const host = connect(port, '127.0.0.1')
  // An end that breaks takes the other with it, and whoever asked sees a connection that broke.
  pipeline(guest, host, guest, () => host.destroy())
})
// Whoever opened the door has gone.
process.on('disconnect', () => process.exit())
process.send?.('ready')
