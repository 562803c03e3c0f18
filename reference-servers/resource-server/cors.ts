import type { Request, Response } from 'express'

const exposed = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version'
const allowedMethods = 'GET, POST, DELETE, OPTIONS'
const allowedHeaders =
  'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name'

/** A browser never puts a credential on a preflight, so it is answered before authorization. */
export function isPreflight(request: Request): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  )
}

/** Lets the page at `Origin` read our answers, challenges included. Its trust was decided before. */
export function allowOrigin(request: Request, response: Response): void {
  const { origin } = request.headers
  response.vary('Origin')
  if (origin === undefined) return
  response.set('Access-Control-Allow-Origin', origin)
  response.set('Access-Control-Expose-Headers', exposed)
}

export function answerPreflight(response: Response): void {
  response.set('Access-Control-Allow-Methods', allowedMethods)
  response.set('Access-Control-Allow-Headers', allowedHeaders)
  response.set('Access-Control-Max-Age', '600')
  response.status(204).end()
}
