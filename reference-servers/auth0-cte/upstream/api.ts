import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import {
  auth,
  InsufficientScopeError,
  requiredScopes,
  UnauthorizedError,
} from 'express-oauth2-jwt-bearer'
import { readScopes } from '../../resource-server/principal.ts'
import { scope, type ApiRefusal, type ApiRules } from './refusals.ts'

export interface ApiConfig {
  issuer: string
  audience: string
}

/** GET /api/private-scope, for tokens of the tenant that are for this API and have its scope. */
export function createApi({ issuer, audience }: ApiConfig, rules: ApiRules): Express {
  const app = express().disable('x-powered-by').disable('etag')
  app.use(onlyHeader(rules))
  app.use(
    auth({
      issuerBaseURL: issuer,
      audience,
      tokenSigningAlg: 'RS256',
      validators: { sub: (sub) => typeof sub === 'string' && sub !== '' },
    }),
  )
  app
    .route('/api/private-scope')
    .get(requiredScopes(scope), answer)
    .all((_request, response) => {
      response.set('Allow', 'GET').status(405).type('text').send('Method Not Allowed')
    })
  app.use((_request, response) => {
    response.status(404).type('text').send('Not Found')
  })
  app.use(answerError(rules))
  return app
}

/** The library takes tokens from query and form as well; here the header alone counts. */
function onlyHeader(rules: ApiRules): RequestHandler {
  return (request, response, next) => {
    const credentials = request.headers.authorization ?? ''
    if (/^bearer +\S+$/i.test(credentials) && request.query['access_token'] === undefined) {
      return next()
    }
    refuse({ kind: 'missing', detail: 'Missing or invalid Authorization header' }, rules, response)
  }
}

const answer: RequestHandler = ({ auth: verified }, response) => {
  const { sub, scope: granted } = verified?.payload ?? {}
  response.json({ msg: 'Hello from upstream API', sub, scopes: readScopes(granted) })
}

function answerError(rules: ApiRules): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error)
    if (error instanceof InsufficientScopeError) {
      return refuse({ kind: 'insufficient', detail: error.message }, rules, response)
    }
    if (error instanceof UnauthorizedError) {
      return refuse({ kind: 'invalid', detail: error.message }, rules, response)
    }
    response.status(500).json({ error: 'server_error', error_description: 'Internal server error' })
  }
}

function refuse(
  refusal: ApiRefusal,
  rules: ApiRules,
  response: Parameters<RequestHandler>[1],
): void {
  const { status, challenge, body } = rules.answerRefusal(refusal)
  response.status(status).set('WWW-Authenticate', challenge).json(body)
}
