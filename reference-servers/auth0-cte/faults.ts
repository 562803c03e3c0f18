import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import { doorFaults } from './faults/door.ts'
import { exchangeFaults } from './faults/exchange.ts'
import type { CteRules } from './rules.ts'
import { apiFaults } from './upstream/faults.ts'

const common = [
  'missing-token-400',
  'metadata-behind-auth',
  'metadata-url-dead',
  'scope-as-tool-error',
  'ignore-nbf',
  'jwks-never-refreshed',
  'resource-slash-drift',
  'dpop-downgrade',
  'cors-forbids-authorization',
  'no-host-guard',
  // beyond what the example does
  'skip-audience',
  'skip-issuer',
  'ignore-expiry',
  'accept-missing-exp',
  'token-from-query',
  'scope-at-handshake-only',
  'scope-miss-is-401',
  'forbidden-without-challenge',
  'challenge-without-scope',
  'no-metadata',
  'discovery-issuer-unchecked',
  'signature-result-ignored',
  'session-identity-sticky',
  'client-is-user',
  'actor-as-subject',
]

/** Every planted deviation, by name. Those of the API do nothing here, for it plants them itself. */
export const faults: Record<string, Fault<CteRules>> = {
  ...Object.fromEntries(Object.entries(commonFaults).filter(([name]) => common.includes(name))),
  ...doorFaults,
  ...exchangeFaults,
  ...Object.fromEntries(
    Object.entries(apiFaults).map(([name, fault]) => [name, { ...fault, plant: () => ({}) }]),
  ),
}

/**
 * The published example in Python, in its revision that can be called. Left out are what makes the
 * later one unreachable (metadata-mount-shadows) and what its twin in JavaScript does otherwise
 * (hide-denied-tools, bare-401).
 */
export const original: string[] = [
  'missing-token-400',
  'metadata-behind-auth',
  'metadata-url-dead',
  'resource-slash-drift',
  'scope-as-tool-error',
  'dpop-downgrade',
  'ignore-nbf',
  'ignore-typ',
  'jwks-never-refreshed',
  'advertise-identity-scopes',
  'cors-forbids-authorization',
  'upstream-verbose-errors',
  'upstream-error-as-success',
  'exchange-error-copied',
  'exchange-unchecked',
  'no-host-guard',
]
