import type { RequestHandler } from 'express'

/** For monitors, which have no token; one that they send all the same is not looked at. */
export const serveHealth: RequestHandler = (request, response, next) => {
  if (request.path !== '/health' || !['GET', 'HEAD'].includes(request.method)) return next()
  response.json({ status: 'healthy', server: 'Greeting MCP', version: '1.0.0' })
}

/** Clients look for metadata in many places, and learn without a token that nothing is there. */
export const answerOtherWellKnown: RequestHandler = (request, response, next) => {
  const { path } = request
  const metadata = path.startsWith('/.well-known/oauth-protected-resource')
  if (metadata || !path.startsWith('/.well-known/')) return next()
  response.set('Access-Control-Allow-Origin', '*')
  response.status(404).type('text').send('Not Found')
}
