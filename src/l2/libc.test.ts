// What we rely on in koffi beyond its documentation: a new version of it must still do all of this.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  closeSocket,
  isSystemError,
  memoryOf,
  memoryWith,
  openSocket,
  receiveBytes,
  sendBytes,
  watchSocket,
} from './libc.ts'
import { encodeDump } from './rtnetlink.ts'
import { openRouteSocket } from './socket.ts'

const isLinux = process.platform === 'linux'

test('a watched socket calls back when there is something to read', {
  skip: !isLinux,
}, async () => {
  const fd = openRouteSocket()
  const buffer = memoryOf(64 * 1024)
  assert.equal(receiveBytes(fd, buffer), undefined, 'nothing is there yet')
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const watch = watchSocket(fd, () => resolve(receiveBytes(fd, buffer)))
  sendBytes(fd, memoryWith(encodeDump('links', 1)))
  assert.ok((await promise)! > 16)
  watch[Symbol.dispose]()
  closeSocket(fd)
})

test('what fails says the call and the name of the error', { skip: !isLinux }, () => {
  const fd = openSocket({ domain: 16, type: 3, protocol: 0 })
  closeSocket(fd)
  assert.throws(
    () => closeSocket(fd),
    (error: Error) => error.message === 'close: EBADF' && isSystemError(error, 'EBADF'),
  )
})

test('an exception in the callback is thrown once, and the event loop goes on', {
  skip: !isLinux,
}, async () => {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const program = `
    import { sendBytes, memoryWith, watchSocket } from ${here('./libc.ts')}
    import { encodeDump } from ${here('./rtnetlink.ts')}
    import { openRouteSocket } from ${here('./socket.ts')}
    process.on('uncaughtException', ({ message }) => {
      watch[Symbol.dispose]()
      setImmediate(() => console.log(message))
    })
    const fd = openRouteSocket()
    const watch = watchSocket(fd, () => { throw new Error('seen') })
    sendBytes(fd, memoryWith(encodeDump('links', 1)))`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  assert.equal(stdout, 'seen\n')
})
