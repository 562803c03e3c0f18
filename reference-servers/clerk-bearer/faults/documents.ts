import express, { type RequestHandler } from 'express'
import type { Fault } from '../../resource-server/faults/fault.ts'
import { authorizationServerDocuments } from '../routes.ts'
import type { ClerkRules } from '../rules.ts'
import type { ClerkSettings } from '../settings.ts'
import { registering } from './registration.ts'

const [oauthPath = '', openidPath = ''] = authorizationServerDocuments

/** Documents of an authorization server on an origin that is none. */
export const documentFaults: Record<string, Fault<ClerkRules>> = {
  'foreign-as-metadata': {
    about: "Both documents of the issuer stand on our origin, under the issuer's name.",
    notYetJudged: ['asmeta.issuer-exact-match'],
    plant: serving((settings) => ({
      [oauthPath]: oauthDocument(settings),
      [openidPath]: { ...openidDocument(settings), code_challenge_methods_supported: ['S256'] },
    })),
  },
  'openid-without-pkce': {
    about: 'The OpenID document stands on our origin, and names no challenge methods of PKCE.',
    notYetJudged: ['asmeta.pkce-advertised'],
    plant: serving((settings) => ({ [openidPath]: openidDocument(settings) })),
  },
  'two-registration-endpoints': {
    about: "The metadata name the issuer's registration endpoint, and there is another one here.",
    notYetJudged: ['asmeta.discoverable'],
    plant: (rules) => {
      const withMetadata = {
        ...rules,
        ...serving((settings) => ({ [oauthPath]: oauthDocument(settings) }))(rules),
      }
      return { ...withMetadata, ...registering(() => ({}))(withMetadata) }
    },
  },
  'stray-authorization-routes': {
    about: 'Below /mcp there are metadata of another authorization server, whose endpoints fail.',
    notYetJudged: ['asmeta.issuer-exact-match'],
    plant: (rules) => ({
      publicRoutes: (settings) => [strayRoutes(settings), ...rules.publicRoutes(settings)],
    }),
  },
}

function serving(
  documents: (settings: ClerkSettings) => Record<string, object>,
): Fault<ClerkRules>['plant'] {
  return (rules) => ({
    publicRoutes: (settings) => {
      const router = express.Router()
      for (const [path, document] of Object.entries(documents(settings))) {
        router.get(path, (_request, response) => void response.json(document))
      }
      return [router, ...rules.publicRoutes(settings)]
    },
  })
}

function oauthDocument(settings: ClerkSettings): object {
  const { issuer } = endpoints(settings)
  return {
    ...endpoints(settings),
    registration_endpoint: `${issuer}/oauth/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
  }
}

function openidDocument(settings: ClerkSettings): object {
  return {
    ...endpoints(settings),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}

function endpoints({ issuers }: ClerkSettings): { issuer: string } & Record<string, string> {
  const issuer = issuers[0]?.issuer ?? ''
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
  }
}

function strayRoutes({ baseUrl }: ClerkSettings): RequestHandler {
  const router = express.Router()
  router.get(`/mcp${oauthPath}`, (_request, response) => {
    response.json({
      issuer: baseUrl,
      authorization_endpoint: `${baseUrl}/mcp/authorize`,
      token_endpoint: `${baseUrl}/mcp/token`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
    })
  })
  router.all(['/mcp/authorize', '/mcp/token'], (_request, response) => {
    response.status(500).type('text').send('Internal Server Error')
  })
  return router
}
