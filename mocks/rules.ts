/** What the core insists on, each rule by itself, so that a fault can let go of exactly one. */
export interface Rules {
  /** RFC 7636, OAuth 2.1: no code without a challenge; the methods; the verifier is compared. */
  challengeRequired: boolean
  challengeMethods: string[]
  verifier: 'compared' | 'compared-when-sent' | 'ignored'
  /** A verifier without a challenge is refused (RFC 9700 section 4.8.2). */
  downgradeRefused: boolean
  redirectMatch: 'exact' | 'prefix'
  /** RFC 8252 section 7.3. */
  loopbackPortFree: boolean
  /** An unregistered redirect gets a page; otherwise the error is sent to it. */
  unverifiedRedirectFollowed: boolean
  responseTypes: string[]
  /** RFC 9207. */
  iss: 'always' | 'success-only' | 'never' | { value: string }
  stateEchoed: 'always' | 'success-only' | 'never'
  codeSingleUse: boolean
  /** A replayed code takes back what it gave. */
  codeReplayRevokes: boolean
  codeBoundToClient: boolean
  codeBoundToRedirect: boolean
  refreshRotates: boolean
  refreshReuseRevokes: boolean
  refreshBoundToClient: boolean
  refreshScopeSubset: boolean
  secretCompared: 'always' | 'when-sent'
  consent: 'per-client' | 'per-user' | 'never'
  formsProtected: boolean
  framingRefused: boolean
  pagesEscaped: boolean
  loginBoundToBrowser: boolean
  documentsGuarded: boolean
  documentChecked: boolean
  subjectTokenVerified: boolean
  exchangeScopeNarrowed: boolean
  dpopBinds: boolean
  introspection: 'confidential-clients' | 'any-client'
  revocation: 'confidential-clients' | 'any-client'
  /** Access tokens that are JWTs can be revoked (RFC 7009 section 2.2.1 allows either). */
  jwtsRevocable: boolean
}

/** Everything as the RFCs and OAuth 2.1 have it. */
export const strictRules: Rules = {
  challengeRequired: true,
  challengeMethods: ['S256'],
  verifier: 'compared',
  downgradeRefused: true,
  redirectMatch: 'exact',
  loopbackPortFree: true,
  unverifiedRedirectFollowed: false,
  responseTypes: ['code'],
  iss: 'always',
  stateEchoed: 'always',
  codeSingleUse: true,
  codeReplayRevokes: true,
  codeBoundToClient: true,
  codeBoundToRedirect: true,
  refreshRotates: true,
  refreshReuseRevokes: true,
  refreshBoundToClient: true,
  refreshScopeSubset: true,
  secretCompared: 'always',
  consent: 'per-client',
  formsProtected: true,
  framingRefused: true,
  pagesEscaped: true,
  loginBoundToBrowser: true,
  documentsGuarded: true,
  documentChecked: true,
  subjectTokenVerified: true,
  exchangeScopeNarrowed: true,
  dpopBinds: true,
  introspection: 'confidential-clients',
  revocation: 'any-client',
  jwtsRevocable: true,
}
