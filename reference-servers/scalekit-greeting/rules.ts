import type { TokenValidationOptions } from '@scalekit-sdk/node'
import { answerRefusal, challengeParameters } from '../resource-server/challenge.ts'
import { checkScope } from '../resource-server/claims.ts'
import type { Config } from '../resource-server/config.ts'
import { isRecord } from '../resource-server/key-set.ts'
import { checkOperation, messagesOf } from '../resource-server/operations.ts'
import type { Claims, Principal } from '../resource-server/principal.ts'
import { invalid, Refusal, type RefusalKind } from '../resource-server/refusal.ts'
import { conformantRules, type Rules } from '../resource-server/rules.ts'
import { scalekitTokens } from '../resource-server/scalekit-tokens.ts'
import { say, type ToolResult } from '../resource-server/system.ts'
import type { VendorKeys } from './vendor-keys.ts'

/** A caller, and the organization in whose name it calls. */
export interface Member extends Principal {
  organization: string | undefined
}

export interface GreetingRules extends Rules {
  /** What the SDK is told to compare; it compares nothing by itself. */
  validationOptions(config: Config): TokenValidationOptions
  greet(text: string): ToolResult
}

export const greetingRules: GreetingRules = {
  ...conformantRules,
  ...scalekitTokens,
  verifySignature: (token, keys) => (keys as VendorKeys).verify(token),
  validationOptions: ({ issuers, audience }) => ({
    ...(issuers[0] === undefined ? {} : { issuer: issuers[0].issuer }),
    audience: [audience],
  }),
  checkScope: (claims) => {
    checkScope(claims)
    const { scopes = [] } = claims
    if (!isListOfText(scopes)) throw invalid('scopes is no list of text')
  },
  toPrincipal: (claims, token, config): Member => ({
    ...scalekitTokens.toPrincipal(claims, token, config),
    organization: organizationOf(claims),
  }),
  checkOperation: (body, caller, config) => {
    checkOperation(body, caller, config)
    const asksForOrganization = messagesOf(body).some((each) => calledTool(each) === 'get_org_data')
    if (asksForOrganization && (caller as Member).organization === undefined) {
      throw new Refusal('insufficient', 'the token names no organization', config.requiredScopes)
    }
  },
  answerRefusal: (refusal, verifier, request) => ({
    ...answerRefusal(refusal, verifier, request),
    body: { error: texts[refusal.kind] },
  }),
  challengeParameters: (refusal, config) => [
    ['realm', 'OAuth'],
    ...challengeParameters(refusal, config),
  ],
  greet: say,
}

const texts: Record<RefusalKind, string> = {
  missing: 'Missing Bearer token',
  malformed: 'Malformed Authorization header',
  invalid: 'Invalid token',
  unproven: 'Invalid token',
  'no-nonce': 'Invalid token',
  insufficient: 'Insufficient permissions',
  unavailable: 'Authentication service unavailable',
}

/** Scalekit's own name for it is `oid`. */
function organizationOf({ org_id: named, oid }: Claims): string | undefined {
  const organization = named ?? oid
  return typeof organization === 'string' && organization !== '' ? organization : undefined
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function calledTool(message: unknown): unknown {
  if (!isRecord(message) || message['method'] !== 'tools/call') return undefined
  return isRecord(message['params']) ? message['params']['name'] : undefined
}
