import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { authenticate, refuse } from './authenticate.ts'
import type { Config } from './config.ts'
import { allowOrigin, answerPreflight, isPreflight } from './cors.ts'
import { answerRpcError, isStateless } from './json-rpc.ts'
import type { Principal } from './principal.ts'
import type { Rules } from './rules.ts'
import type { LegacyPaths } from './system.ts'
import type { KeySource, Verifier } from './verify.ts'

const methods = ['POST', 'GET', 'DELETE']
const mostBody = '4mb'

/** The whole server, from the outermost layer to the tools. */
export function createApp(config: Config, keys: Map<string, KeySource>, rules: Rules): Express {
  const verifier: Verifier = { config, keys, rules }
  const endpoint = new URL(config.resource).pathname
  const app = express().disable('x-powered-by').disable('etag')

  const sessionOwners = new Map<string, Principal>()
  app.locals['sessionOwners'] = sessionOwners

  app.use(...rules.frontLayers(config), guardOrigin(config, rules))
  app.use(...config.system.openRoutes, serveMetadata(config, rules))
  app.use(openToBrowsers)
  // Every path and method needs a token, so no spelling of the endpoint's path leads around it.
  app.use(authenticate(verifier))
  app.all(endpoint, only(methods), express.json({ limit: mostBody }), authorize(verifier))
  app.all(endpoint, dispatch(config, rules, sessionOwners))
  if (config.system.legacy) app.use(serveLegacy(config.system.legacy, verifier))
  app.use(...config.system.guardedRoutes, answerNotFound)
  app.use(refuse(verifier), answerError)
  return app
}

function guardOrigin(config: Config, rules: Rules): RequestHandler {
  return (request, response, next) => {
    if (!rules.isTrustedHost(request, config)) {
      return answerRpcError(response, 403, -32000, 'This host is not served here')
    }
    if (!rules.isTrustedOrigin(request, config)) {
      return answerRpcError(response, 403, -32000, 'This origin may not call')
    }
    next()
  }
}

/** Public, and readable by every web page, since it holds nothing else than where to get a token. */
function serveMetadata(config: Config, rules: Rules): RequestHandler {
  const router = express.Router()
  router.use('/.well-known', (_request, response, next) => {
    response.set('Access-Control-Allow-Origin', '*')
    next()
  })
  router.get(rules.metadataPaths(config), (request, response) => {
    response.set('Cache-Control', 'public, max-age=300')
    response.json(rules.describeResource(config, request))
  })
  router.use('/.well-known', (_request, response) => {
    response.status(404).json({ message: 'Not found.' })
  })
  return router
}

const openToBrowsers: RequestHandler = (request, response, next) => {
  allowOrigin(request, response)
  if (isPreflight(request)) return answerPreflight(response)
  next()
}

const answerNotFound: RequestHandler = (_request, response) => {
  response.status(404).json({ message: 'Not found.' })
}

function only(allowed: string[]): RequestHandler {
  return (request, response, next) => {
    if (allowed.includes(request.method)) return next()
    response.set('Allow', allowed.join(', '))
    answerRpcError(response, 405, -32000, 'Method not allowed')
  }
}

function authorize({ config, rules }: Verifier): RequestHandler {
  return (request, response, next) => {
    const caller = response.locals['caller'] as Principal
    rules.checkOperation(request.body, caller, config)
    next()
  }
}

/** Each wire is loaded when somebody first speaks it. */
function dispatch(config: Config, rules: Rules, owners: Map<string, Principal>): RequestHandler {
  const stateful = once(async () => {
    const { StatefulEndpoint } = await import('./stateful.ts')
    return new StatefulEndpoint(config, rules, owners)
  })
  const stateless = once(async () => {
    const { createStatelessEndpoint } = await import('./stateless.ts')
    return createStatelessEndpoint(config, rules)
  })
  return async (request, response) => {
    const caller = response.locals['caller'] as Principal
    if (isStateless(request.get('mcp-protocol-version'), request.body)) {
      return (await stateless())(request, response, caller)
    }
    return (await stateful()).handle(request, response, caller)
  }
}

/** The older transport, behind the same lock. */
function serveLegacy(paths: LegacyPaths, verifier: Verifier): RequestHandler {
  const { config, rules } = verifier
  const endpoint = once(async () => {
    const { LegacyEndpoint } = await import('./legacy-sse.ts')
    return new LegacyEndpoint(config.system, paths, rules)
  })
  const router = express.Router()
  router.all(paths.stream, only(['GET']), async (_request, response) =>
    (await endpoint()).open(response, response.locals['caller'] as Principal),
  )
  const readMessage = express.json({ limit: mostBody })
  router.all(paths.messages, only(['POST']), readMessage, authorize(verifier))
  router.all(paths.messages, async (request, response) =>
    (await endpoint()).post(request, response, response.locals['caller'] as Principal),
  )
  return router
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Fixed texts: what went wrong inside is nobody's business outside. */
const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error)
  const status = readStatus(error)
  if (status === 400) return answerRpcError(response, 400, -32700, 'Parse error')
  if (status < 500) return answerRpcError(response, status, -32600, 'Invalid request')
  answerRpcError(response, 500, -32603, 'Internal error')
}

function readStatus(error: unknown): number {
  const status = (error as { status?: unknown } | null)?.status
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500
}
