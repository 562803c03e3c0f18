import { expect, it } from 'vitest'
import { runConformance } from './index.ts'

it('a control that fails says what came in place of a result', { timeout: 60_000 }, async () => {
  // the tool wants an argument, which this declaration leaves out
  const facts = { tool: { safe: { name: 'greet' } } }
  const only = ['challenge.http-status-not-jsonrpc']
  const { verdicts } = await runConformance({ server: 'local-rsa', facts, only })
  const [inconclusive] = verdicts.filter(({ outcome }) => outcome === 'inconclusive')
  expect(inconclusive?.reason).toMatch(
    /^the control failed: a call of the safe tool .* not accepted \(200 with a tool error ".*greet: name/,
  )
})
