import cors from 'cors'
import express, { type RequestHandler, type Router } from 'express'
import { describeApi, renderApi } from './api-docs.ts'
import { devTokenLifetime } from './dev-issuer.ts'
import type { ClerkSettings } from './settings.ts'

/** The documents by which clients look for an authorization server on an origin. */
export const authorizationServerDocuments: string[] = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
]

/** All that is served without a token beside the metadata of the resource. */
export function openRoutes(settings: ClerkSettings): Router {
  const router = express.Router()
  const api = describeApi(settings)

  // Nothing here depends on who asks, so every page may read it.
  router.use(['/mcp/health', '/docs', '/openapi.json'], cors({ methods: ['GET', 'HEAD'] }))
  router.get('/mcp/health', (_request, response) => {
    response.type('text').send('OK')
  })
  router.get('/openapi.json', (_request, response) => {
    response.json(api)
  })
  router.get('/docs', (_request, response) => {
    response.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    response.type('html').send(renderApi(api))
  })

  router.get(authorizationServerDocuments, sendToIssuer(settings))
  router.get('/dev/token', giveDevToken(settings))
  router.all(['/dev/token', '/register'], (_request, response) => {
    response.status(404).json({ detail: 'Not Found' })
  })
  return router
}

/**
 * Clients of the first revisions look for their authorization server here. We are none, so they are
 * sent to the documents of the one that we trust, and no document with its name stands on our origin
 * (RFC 8414 section 3.3).
 */
function sendToIssuer({ issuers }: ClerkSettings): RequestHandler {
  return (request, response) => {
    response.set('Access-Control-Allow-Origin', '*')
    response.redirect(307, `${issuers[0]?.issuer}${request.path}`)
  }
}

function giveDevToken({ devIssuer }: ClerkSettings): RequestHandler {
  return async (_request, response, next) => {
    if (devIssuer === null) return next()
    response.set('Cache-Control', 'no-store')
    response.json({
      access_token: await devIssuer.mint(),
      token_type: 'Bearer',
      expires_in: devTokenLifetime,
      scope: devIssuer.scope,
    })
  }
}
