import { expect, it } from 'vitest'
import type { Facts } from './model.ts'
import { loadScenarios } from './scenario/load.ts'
import { bundledServers } from './target/bundled.ts'
import { describeTarget } from './describe-target.ts'
import { refuseUnknownFacts } from './unknown-facts.ts'

const scenarios = await loadScenarios()

it.each(Object.keys(bundledServers))('%s declares what scenarios ask for', async (server) => {
  const { facts } = await describeTarget({ server })
  expect(() => refuseUnknownFacts(facts, scenarios)).not.toThrow()
})

it.each<[Facts, string]>([
  [{ tool: { saef: { name: 'list' } } }, 'facts.tool declares "saef"'],
  [{ tool: { saef: 'none' } }, 'did you mean "safe"? Known: as-task, asks-user, calls-upstream,'],
  [{ resource: { guarde: { uri: 'x:y' } } }, 'did you mean "guarded"?'],
  [{ prompt: { secret: { name: 'x' } } }, 'facts.prompt declares "secret", which no scenario'],
  [{ target: { documented: ['no-audiense'] } }, 'did you mean "no-audience"?'],
])('%j is refused', (facts, message) => {
  expect(() => refuseUnknownFacts(facts, scenarios)).toThrow(message)
})

it('what is on purpose may be declared', () => {
  const documented = ['no-audience', 'shared-directory', 'other-audience']
  expect(() => refuseUnknownFacts({ target: { documented, local: true } }, scenarios)).not.toThrow()
})
