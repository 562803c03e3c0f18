import { algorithmFaults } from './faults/algorithm.ts'
import { audienceFaults } from './faults/audience.ts'
import { challengeFaults } from './faults/challenge.ts'
import { credentialFaults } from './faults/credentials.ts'
import { gateFaults } from './faults/gate.ts'
import { identityFaults } from './faults/identity.ts'
import { issuerFaults } from './faults/issuer.ts'
import { keyFaults } from './faults/keys.ts'
import { legacyFaults } from './faults/legacy.ts'
import { lifetimeFaults } from './faults/lifetime.ts'
import { metadataFaults } from './faults/metadata.ts'
import { refusalStatusFaults } from './faults/refusal-status.ts'
import { scopeFaults } from './faults/scope.ts'
import { sessionFaults } from './faults/session.ts'
import { signatureFaults } from './faults/signature.ts'
import { tokenTypeFaults } from './faults/token-type.ts'
import { documentFaults } from './faults/document.ts'
import { earlyAnswerFaults } from './faults/early-answers.ts'
import type { Fault } from './faults/fault.ts'
import { conformantRules, type Rules } from './rules.ts'

/** Every planted deviation, by name. */
export const faults: Record<string, Fault> = {
  ...challengeFaults,
  ...refusalStatusFaults,
  ...metadataFaults,
  ...documentFaults,
  ...gateFaults,
  ...earlyAnswerFaults,
  ...legacyFaults,
  ...credentialFaults,
  ...algorithmFaults,
  ...signatureFaults,
  ...tokenTypeFaults,
  ...issuerFaults,
  ...audienceFaults,
  ...lifetimeFaults,
  ...identityFaults,
  ...keyFaults,
  ...scopeFaults,
  ...sessionFaults,
}

/** The rules with the faults of a comma-separated list; throws when one of them does not exist. */
export function withFaults(list: string): Rules {
  const names = list.split(',').map((name) => name.trim())
  let rules = conformantRules
  for (const name of names.filter((entry) => entry !== '')) {
    const fault = faults[name]
    if (fault === undefined) throw new Error(`FAULT names "${name}", which is not planted here.`)
    rules = { ...rules, ...fault.plant(rules) }
  }
  return rules
}
