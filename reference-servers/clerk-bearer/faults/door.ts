import { answering } from '../../resource-server/faults/challenge.ts'
import type { Fault } from '../../resource-server/faults/fault.ts'
import { settingsOf, type ClerkRules } from '../rules.ts'
import { legacyPaths } from '../system.ts'

/** Who is let in, and what the others are told. */
export const doorFaults: Record<string, Fault<ClerkRules>> = {
  'bare-401': {
    about: 'A 401 is the one word Unauthorized, without a challenge.',
    plant: answering((answer) =>
      answer.status === 401
        ? { status: 401, headers: {}, body: { detail: 'Unauthorized' } }
        : answer,
    ),
  },
  'audience-is-client-id': {
    about: 'A token whose aud is our own client id passes, so every ID token of a login does.',
    plant: (rules) => ({
      verifyToken: async (text, verifier) => {
        const { aud } = rules.parseToken(text).claims
        const own = settingsOf(verifier.config).client.id
        if (![aud].flat().includes(own)) return rules.verifyToken(text, verifier)
        const lenient: ClerkRules = {
          ...rules,
          checkType: () => {},
          checkAudience: () => {},
          // An ID token has no scope.
          toPrincipal: (claims, token, config) => ({
            ...rules.toPrincipal(claims, token, config),
            scopes: config.requiredScopes,
          }),
        }
        return rules.verifyToken(text, { ...verifier, rules: lenient })
      },
    }),
  },
  'dev-token-open': {
    about: 'Whoever asks is given a token for development, though nobody turned that on.',
    plant: () => ({ offersDevTokens: () => true }),
  },
  'sse-unbound': {
    about:
      'What is posted for a stream of the older transport is taken from everybody with a token.',
    plant: (rules) => ({
      mayUseSession: (owner, caller, request) =>
        request.url?.startsWith(legacyPaths.messages) === true ||
        rules.mayUseSession(owner, caller, request),
    }),
  },
}
