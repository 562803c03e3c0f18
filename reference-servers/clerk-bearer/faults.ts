import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import { documentFaults } from './faults/documents.ts'
import { doorFaults } from './faults/door.ts'
import { registrationFaults } from './faults/registration.ts'
import type { ClerkRules } from './rules.ts'

const common = [
  // of the published example
  'challenge-without-metadata',
  'resource-origin-only',
  'prm-resource-is-origin',
  'prm-issuer-jwks',
  'debug-tracebacks',
  'accept-missing-exp',
  'ignore-nbf',
  'cors-credentialed-wildcard',
  'no-host-guard',
  // what else goes wrong with tokens of Clerk
  'skip-issuer',
  'skip-audience',
  'audience-optional',
  'generic-typ-accepted',
  'id-token-accepted',
  'ignore-expiry',
  'signature-result-ignored',
  'rsa-algorithms-unpinned',
  'jwks-never-refreshed',
  // and with the two transports
  'legacy-sse-unguarded',
  'session-unbound',
  'token-from-query',
  'public-discovery',
  'challenge-without-scope',
  'forwarded-host-trusted',
]

/** Every planted deviation, by name. */
export const faults: Record<string, Fault<ClerkRules>> = {
  ...Object.fromEntries(common.map((name) => [name, commonFaults[name] as Fault])),
  ...doorFaults,
  ...documentFaults,
  ...registrationFaults,
}

/** The published example. One that comes later stands before the ones that it shares a path with. */
export const original: string[] = [
  'bare-401',
  'challenge-without-metadata',
  'audience-is-client-id',
  'register-discloses-secret',
  'register-echoes',
  'register-wrong-errors',
  'two-registration-endpoints',
  'foreign-as-metadata',
  'openid-without-pkce',
  'resource-origin-only',
  'prm-resource-is-origin',
  'prm-issuer-jwks',
  'dev-token-open',
  'cors-credentialed-wildcard',
  'debug-tracebacks',
  'stray-authorization-routes',
  'accept-missing-exp',
  'ignore-nbf',
  'sse-unbound',
  'no-host-guard',
]
