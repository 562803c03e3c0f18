import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerOptions } from 'node:http'
import type { Request, RequestHandler } from 'express'
import type { JWK } from 'jose'
import * as challenge from './challenge.ts'
import * as claims from './claims.ts'
import type { Config } from './config.ts'
import { SessionEvents } from './event-store.ts'
import { readToken } from './credentials.ts'
import { fetchKeySet } from './discovery.ts'
import * as dpop from './dpop.ts'
import * as introspection from './introspection.ts'
import { isUsableKey, selectKey } from './key-set.ts'
import * as metadata from './metadata.ts'
import { checkOperation } from './operations.ts'
import { isTrustedHost, isTrustedOrigin } from './origins.ts'
import { toPrincipal, type Principal } from './principal.ts'
import * as requestState from './request-state.ts'
import { invalid, Refusal } from './refusal.ts'
import * as verify from './verify.ts'

/**
 * Every decision of this server that has to do with authorization, by name. The conformant ones are
 * below; a planted fault replaces one or two of them (see faults.ts).
 */
export interface Rules {
  httpOptions(): ServerOptions
  /** Where the server listens when it is told to listen on `host`. */
  listenAddress(host: string): string
  /** What stands before everything else. */
  frontLayers(config: Config): RequestHandler[]
  isTrustedHost: typeof isTrustedHost
  isTrustedOrigin: typeof isTrustedOrigin
  readToken: typeof readToken
  /** The caller, or a refusal. */
  identify(request: Request, verifier: verify.Verifier): Promise<Principal>
  verifyToken: typeof verify.verifyToken

  parseToken: typeof verify.parseToken
  checkType: typeof verify.checkType
  checkAlgorithm: typeof verify.checkAlgorithm
  findIssuer: typeof verify.findIssuer
  verifySignature: typeof verify.verifySignature
  identifyBound: typeof dpop.identifyBound
  readProof: typeof dpop.readProof
  proofOptions: typeof dpop.proofOptions
  proofKey: typeof dpop.proofKey
  verifyProof: typeof dpop.verifyProof
  checkProofNonce: typeof dpop.checkProofNonce
  checkProofRequest: typeof dpop.checkProofRequest
  checkProofToken: typeof dpop.checkProofToken
  checkProofAge: typeof dpop.checkProofAge
  isReplayed: typeof dpop.isReplayed

  introspect: typeof introspection.introspect
  checkActive: typeof introspection.checkActive
  checkAudience: typeof claims.checkAudience
  checkExpiry: typeof claims.checkExpiry
  checkNotBefore: typeof claims.checkNotBefore
  checkUse: typeof claims.checkUse
  checkBinding: typeof claims.checkBinding
  checkSubject: typeof claims.checkSubject
  checkScope: typeof claims.checkScope
  checkClient: typeof claims.checkClient
  checkActor: typeof claims.checkActor
  toPrincipal: typeof toPrincipal

  fetchKeySet: typeof fetchKeySet
  isUsableKey: typeof isUsableKey
  selectKey: typeof selectKey
  /** The keys to go on with after a fetch, and after one that failed. */
  mergeKeys(old: JWK[], fetched: JWK[]): JWK[]
  keysAfterFailure(old: JWK[]): JWK[]
  /** Why there is no key for a token: `failed` says that the last fetch did. */
  whyNoKey(keys: JWK[], failed: boolean): Refusal
  keyMaxAge(config: Config): number
  keyCooldown(config: Config): number
  refetchesUnknownKey(header: verify.TokenHeader): boolean

  checkOperation: typeof checkOperation
  mayUseSession(owner: Principal, caller: Principal, request: IncomingMessage): boolean
  callerInSession(owner: Principal, caller: Principal): Principal
  newSessionId(): string
  newEventStore(): SessionEvents
  /** Who may keep the answers that can differ by caller (MCP 2026-07-28). */
  cacheScope(): 'private' | 'public'
  bindRequestState: typeof requestState.bindRequestState
  requestStateLife: typeof requestState.requestStateLife
  sealRequestState: typeof requestState.sealRequestState
  /** Whose a task is that somebody makes. */
  taskOwner(caller: Principal): string | undefined
  /** Whether DELETE ends the session. */
  endsSession(): boolean
  /** Whether a session opens under the id that its client chose. */
  adoptsSessionId(): boolean

  answerRefusal: typeof challenge.answerRefusal
  challengeParameters: typeof challenge.challengeParameters
  formatChallenge: typeof challenge.formatChallenge
  offerDpop: typeof challenge.offerDpop
  newNonce(): string | undefined
  metadataPaths: typeof metadata.metadataPaths
  describeResource: typeof metadata.describeResource
}

export const conformantRules: Rules = {
  httpOptions: () => ({}),
  listenAddress: (host) => host,
  frontLayers: () => [],
  isTrustedHost,
  isTrustedOrigin,
  readToken,
  identify: async (request, verifier) => {
    const { config, rules } = verifier
    if (config.dpop !== 'off' && dpop.isUnderDpop(request))
      return rules.identifyBound(request, verifier)
    return rules.verifyToken(rules.readToken(request), verifier)
  },
  verifyToken: verify.verifyToken,

  parseToken: verify.parseToken,
  checkType: verify.checkType,
  checkAlgorithm: verify.checkAlgorithm,
  findIssuer: verify.findIssuer,
  verifySignature: verify.verifySignature,
  ...introspection,
  ...dpop,
  ...claims,
  toPrincipal,

  fetchKeySet,
  isUsableKey,
  selectKey,
  mergeKeys: (_old, fetched) => fetched,
  keysAfterFailure: (old) => old,
  // Without a recent key set nobody can say whether the token is bad.
  whyNoKey: (_keys, failed) =>
    failed ? new Refusal('unavailable', 'no keys') : invalid('no published key fits the token'),
  keyMaxAge: (config) => config.keyMaxAgeMs,
  keyCooldown: (config) => config.keyCooldownMs,
  refetchesUnknownKey: () => true,

  checkOperation,
  mayUseSession: (owner, caller) => owner.account === caller.account,
  callerInSession: (_owner, caller) => caller,
  newSessionId: randomUUID,
  newEventStore: () => new SessionEvents(),
  cacheScope: () => 'private',
  ...requestState,
  taskOwner: ({ account }) => account,
  endsSession: () => true,
  adoptsSessionId: () => false,

  ...challenge,
  ...metadata,
}
