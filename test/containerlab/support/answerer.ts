// A small application behind an address: tells everybody who connects which node it runs on. A process of
// its own in the node's network:
//   node test/containerlab/support/answerer.ts n1
import { createServer } from 'node:net'

const [name = ''] = process.argv.slice(2)
const server = createServer((socket) => {
  // A caller that hangs up in the middle is nobody's trouble.
  socket.on('error', () => socket.destroy())
  socket.end(name)
})
server.listen(80, '::', () => console.log('listening'))
