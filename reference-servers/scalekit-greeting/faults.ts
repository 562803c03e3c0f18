import { commonFaults } from '../resource-server/faults/catalogue.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import { layerFaults } from './layer-faults.ts'
import type { GreetingRules } from './rules.ts'

/** Defects of the published example that others have as well. */
const shared = [
  'skip-scopes',
  'scope-as-tool-error',
  'case-sensitive-scheme',
  'challenge-without-error',
  'errors-as-401',
  'jwks-never-refreshed',
  'accept-missing-exp',
  'decode-without-verify',
  'preflight-401',
  'cors-inside-auth',
]

/** Beyond what the example does. */
const further = [
  'scope-at-handshake-only',
  'scope-miss-is-401',
  'forbidden-without-challenge',
  'forbidden-names-base-scopes',
  'challenge-without-scope',
  'error-without-credentials',
  'no-metadata',
  'debug-tracebacks',
  'token-from-query',
  'last-authorization-wins',
  'tools-call-unguarded',
  'session-unbound',
  'jwks-refetch-per-kid',
  'key-lookup-error-accepts',
]

/** The SDK compares as well, so it must be told to let go. */
const alsoInSdk: Record<string, 'issuer' | 'audience'> = {
  'issuer-optional': 'issuer',
  'skip-issuer': 'issuer',
  'skip-audience': 'audience',
}

/** Every planted deviation, by name. */
export const faults: Record<string, Fault<GreetingRules>> = {
  ...Object.fromEntries(
    Object.entries(commonFaults).filter(([name]) => [...shared, ...further].includes(name)),
  ),
  ...Object.fromEntries(
    Object.entries(commonFaults)
      .filter(([name]) => name in alsoInSdk)
      .map(([name, fault]) => [name, unaskedOfSdk(fault, alsoInSdk[name])]),
  ),
  ...layerFaults,
}

function unaskedOfSdk({ about, plant }: Fault, option = ''): Fault<GreetingRules> {
  return {
    about,
    plant: (rules) => ({
      ...plant(rules),
      validationOptions: (config) => ({ ...rules.validationOptions(config), [option]: undefined }),
    }),
  }
}

/**
 * The published example, started without SK_ENV_URL, with the tools and the limit of its skill text.
 * Left out is limiter-shadows-endpoint, for nothing behind it could be judged.
 */
export const original: string[] = [
  ...shared,
  'issuer-optional',
  'skip-issuer',
  'metadata-url-dead',
  'metadata-audience-drift',
  'well-known-substring-bypass',
  'nested-result',
]
