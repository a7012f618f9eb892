// `npm run test:kube` begins with this, so that the minutes of the first build have a line to show for
// them, and no test is blamed for them.
import { COMMANDS_BESIDE, commandBeside, kubeCommands, whyNoKube } from './support/commands.ts'
import { buildHelm, whyNoHelm } from './support/helm.ts'

const say = (line: string) => process.stderr.write(`kube: ${line}\n`)

// Why there is none is for each test to say.
if ((await whyNoKube()) === undefined) {
  await kubeCommands(say)
  for (const name of COMMANDS_BESIDE) await commandBeside(name, say)
}
if ((await whyNoHelm()) === undefined) await buildHelm(say)
