import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { allowOrigin } from '../resource-server/cors.ts'

/** Calls of the endpoint by one address, counted before the token costs any work (RFC 6585 section 4). */
export function limitCalls(endpoint: string, callsPerMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: callsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: ({ method, path }) => method !== 'POST' || path !== endpoint,
    // The address is that of the connection: what a header says about it is not believed.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (request, response) => {
      allowOrigin(request, response)
      response.append('Access-Control-Expose-Headers', 'Retry-After')
      const error = `Rate limit exceeded: ${callsPerMinute} per 1 minute`
      response.status(429).json({ error })
    },
  })
}
