import { changeMetadata as metadata, changeRules as rules } from './change-profile.ts'
import type { IssuerProfile } from './profile.ts'

/** One deviation of a provider from the RFCs, planted on demand. */
export interface IssuerFault {
  id: string
  /** One sentence: what is wrong. */
  about: string
  /** The requirement that it breaks. */
  breaks: string
  change(profile: IssuerProfile): IssuerProfile
}

type Row = [id: string, breaks: string, about: string, change: IssuerFault['change']]

const rows: Row[] = [
  [
    'metadata-issuer-differs',
    'asmeta.issuer-exact-match',
    'The metadata keep an internal issuer.',
    metadata({ issuer: 'https://internal.example' }),
  ],
  [
    'metadata-incomplete',
    'asmeta.required-members',
    'The metadata omit response_types_supported.',
    metadata({ response_types_supported: null }),
  ],
  [
    'pkce-not-advertised',
    'asmeta.pkce-advertised',
    'PKCE is enforced and not announced.',
    metadata({ code_challenge_methods_supported: null }),
  ],
  [
    'none-advertised',
    'asmeta.no-unsafe-values',
    'The metadata list the algorithm none.',
    metadata({ id_token_signing_alg_values_supported: ['RS256', 'none'] }),
  ],
  [
    'plain-accepted',
    'pkce.s256-required',
    'The challenge method plain is accepted.',
    rules({ challengeMethods: ['S256', 'plain'] }),
  ],
  [
    'challenge-optional',
    'pkce.challenge-required',
    'PKCE is honoured when offered and not enforced.',
    rules({ challengeRequired: false }),
  ],
  [
    'verifier-optional',
    'pkce.verifier-enforced',
    'The verifier is compared only when it is sent.',
    rules({ verifier: 'compared-when-sent' }),
  ],
  [
    'verifier-without-challenge',
    'pkce.downgrade-rejected',
    'A verifier is ignored when no challenge was stored, and none is demanded.',
    rules({ challengeRequired: false, downgradeRefused: false }),
  ],
  [
    'redirect-prefix',
    'redirect.exact-match',
    'Redirect URIs are compared as prefixes.',
    rules({ redirectMatch: 'prefix' }),
  ],
  [
    'loopback-port-fixed',
    'redirect.loopback-port-flexible',
    'The port of a loopback redirect has to be the registered one.',
    rules({ loopbackPortFree: false }),
  ],
  [
    'unregistered-redirect-followed',
    'redirect.invalid-not-followed',
    'Errors are sent to a redirect URI that nobody registered.',
    rules({ unverifiedRedirectFollowed: true }),
  ],
  [
    'state-lost-on-error',
    'authz.state-echoed',
    'Error redirects have no state.',
    rules({ stateEchoed: 'success-only' }),
  ],
  [
    'iss-lost-on-error',
    'authz.iss-included',
    'Error redirects have no iss.',
    rules({ iss: 'success-only' }),
  ],
  [
    'iss-internal',
    'authz.iss-advertised',
    'Authorization responses name an internal issuer.',
    rules({ iss: { value: 'https://internal.example' } }),
  ],
  [
    'framing-allowed',
    'authz.clickjacking',
    'Login and consent pages may be shown in a frame.',
    rules({ framingRefused: false }),
  ],
  [
    'consent-per-user',
    'consent.per-client',
    'A consent to one client counts for all.',
    rules({ consent: 'per-user' }),
  ],
  [
    'forms-unprotected',
    'consent.page-protected',
    'Login and consent forms carry no anti-forgery value.',
    rules({ formsProtected: false }),
  ],
  [
    'pages-unescaped',
    'login.no-reflected-script',
    'Pages show what others named without escaping it.',
    rules({ pagesEscaped: false }),
  ],
  [
    'login-unbound',
    'login.request-bound-to-browser',
    'A login goes on in any browser that knows its id.',
    rules({ loginBoundToBrowser: false, formsProtected: false }),
  ],
  [
    'code-reusable',
    'tokenep.code-single-use',
    'A code can be used again until it expires.',
    rules({ codeSingleUse: false }),
  ],
  [
    'code-unbound',
    'tokenep.code-bound-and-short-lived',
    'A code is good for any client.',
    rules({ codeBoundToClient: false }),
  ],
  [
    'secret-optional',
    'tokenep.client-authentication',
    'A missing client secret makes a confidential client a public one.',
    rules({ secretCompared: 'when-sent' }),
  ],
  [
    'dpop-not-bound',
    'tokenep.dpop-binding',
    'A DPoP proof is checked, and the token is not bound to its key.',
    rules({ dpopBinds: false }),
  ],
  [
    'refresh-not-rotated',
    'refresh.rotation',
    'The same refresh token is good for ever.',
    rules({ refreshRotates: false }),
  ],
  [
    'refresh-scope-copied',
    'refresh.bound',
    'The scope of a refresh request is copied into the token.',
    rules({ refreshScopeSubset: false }),
  ],
  [
    'registration-not-announced',
    'dcr.supported',
    'Registration works and is missing from the metadata.',
    metadata({ registration_endpoint: null }),
  ],
  [
    'documents-not-announced',
    'cimd.supported',
    'Client ID Metadata Documents work and are not announced.',
    metadata({ client_id_metadata_document_supported: null }),
  ],
  [
    'document-unchecked',
    'cimd.document-validated',
    'Of a Client ID Metadata Document only the redirect URIs are read.',
    rules({ documentChecked: false }),
  ],
  [
    'document-unguarded',
    'cimd.fetch-guarded',
    'Client ID Metadata Documents are fetched from inside the network as well.',
    rules({ documentsGuarded: false }),
  ],
  [
    'subject-unverified',
    'exchange.request-validation',
    'Subject tokens are decoded and not verified.',
    rules({ subjectTokenVerified: false }),
  ],
  [
    'exchange-widens',
    'exchange.bounded',
    'An exchange gives scopes that the subject token does not have.',
    rules({ exchangeScopeNarrowed: false }),
  ],
  [
    'resource-ignored',
    'resource.audience-bound',
    'The resource parameter is accepted and ignored.',
    (profile) => ({
      ...profile,
      target: (asked) => profile.target({ ...asked, resource: [], at: 'ignoring resource' }),
    }),
  ],
  [
    'access-token-untyped',
    'tokenep.access-token-profile',
    'Access tokens have the header of ID tokens.',
    (profile) => ({
      ...profile,
      tokens: {
        ...profile.tokens,
        access: (...given) => {
          const form = profile.tokens.access(...given)
          return 'opaque' in form ? form : { ...form, header: { ...form.header, typ: 'JWT' } }
        },
      },
    }),
  ],
]

/** Every fault of the core. */
export const issuerFaults: IssuerFault[] = rows.map(([id, breaks, about, change]) => ({
  id,
  breaks,
  about,
  change,
}))

/**
 * The profile with these faults planted.
 * @throws Error that lists the faults when there is no such one
 */
export function withFaults(profile: IssuerProfile, ids: string[]): IssuerProfile {
  return ids.reduce((changed, id) => {
    const fault = issuerFaults.find((each) => each.id === id)
    if (fault) return fault.change(changed)
    const known = issuerFaults.map((each) => each.id).join(', ')
    throw new Error(`there is no issuer fault "${id}". Allowed: ${known}`)
  }, profile)
}
