import assert from 'node:assert/strict'
import test from 'node:test'
import { choice, type Environment, onlyFlags, parseFlags, port, text, truth } from './flags.ts'
import { printHelp } from './help.ts'

const table = {
  nodeName: text('Name of the node.', '', { alias: 'node', env: ['NODE_NAME', 'OLD_NAME'] }),
  port: port('Where to listen.', 9120),
  once: truth('One pass.'),
  logLevel: choice('How much.', ['info', 'debug'], 'info'),
}
const read = (args: string[], env: Environment = {}) => onlyFlags(table, args, env)

for (const [name, args, expected] of [
  ['two dashes and a blank', ['--node-name', 'a'], { nodeName: 'a' }],
  ['one dash', ['-node-name', 'a'], { nodeName: 'a' }],
  ['an equals sign', ['-node-name=a=b'], { nodeName: 'a=b' }],
  ['an empty value', ['--node-name='], { nodeName: '' }],
  ['the other name', ['--node', 'a'], { nodeName: 'a' }],
  ['the last one wins', ['--port=1', '--port', '0'], { port: 0 }],
  ['a bare boolean', ['-once', '--port=1'], { once: true, port: 1 }],
  ['a boolean that is off', ['--once=F'], { once: false }],
  ['a value that looks like a flag', ['--node-name', '-x'], { nodeName: '-x' }],
] as const) {
  test(`flags are written as in Go: ${name}`, () => {
    const defaults = { nodeName: '', port: 9120, once: false, logLevel: 'info' }
    assert.deepEqual(read([...args]), { ...defaults, ...expected })
  })
}

for (const [name, args, message] of [
  ['a typing error', ['--nod-name=a'], 'unknown flag --nod-name; did you mean --node-name?'],
  ['nothing like it', ['--zzz'], 'unknown flag --zzz'],
  ['no value', ['--port'], 'flag --port needs a value'],
  ['too large', ['--port=65536'], '--port: "65536" is not a port (0 to 65535)'],
  ['not a number', ['--port', '0x50'], '--port: "0x50" is not a port (0 to 65535)'],
  ['not a truth', ['--once=yes'], '--once: "yes" is neither true nor false'],
  ['not a choice', ['--log-level=loud'], '--log-level: "loud" is none of info, debug'],
  ['a stray word', ['--once', 'true'], 'unexpected argument "true"'],
] as const) {
  test(`a flag that is wrong is named: ${name}`, () => {
    assert.throws(() => read([...args]), { name: 'UsageError', message })
  })
}

test('the environment gives defaults, flags win, an empty variable counts as unset', () => {
  assert.equal(read([], { NODE_NAME: '', OLD_NAME: 'old' }).nodeName, 'old')
  assert.equal(read([], { NODE_NAME: 'new', OLD_NAME: 'old' }).nodeName, 'new')
  assert.equal(read(['--node=flag'], { NODE_NAME: 'new' }).nodeName, 'flag')
})

test('words between and after the flags are handed back', () => {
  const { rest } = parseFlags(table, ['one', '--once', 'two', '--', '--port'], {})
  assert.deepEqual(rest, ['one', 'two', '--port'])
})

test('help names every flag, its default and its variables, in lines that fit', () => {
  const about = 'Word '.repeat(60)
  const help = printHelp({ usage: 'thing [flags]', about, flags: table })
  assert.match(
    help,
    /--node-name, --node TEXT\n {6}Name of the node. \(environment NODE_NAME, OLD_NAME\)/,
  )
  assert.match(help, /--port PORT\n {6}Where to listen. \(default 9120\)/)
  assert.match(help, /--once\n/)
  assert.match(help, /--log-level info\|debug\n/)
  assert.ok(help.split('\n').every((line) => line.length <= 96))
})
