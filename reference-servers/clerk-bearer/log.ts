import type { IncomingHttpHeaders } from 'node:http'
import type { RequestHandler } from 'express'
import { pino, type Logger } from 'pino'
import type { Principal } from '../resource-server/principal.ts'

/** What may be told of a request; a token in a header of another name is not in the list either. */
const toldHeaders = [
  'host',
  'origin',
  'user-agent',
  'accept',
  'content-type',
  'mcp-protocol-version',
  'mcp-method',
  'authorization',
]

/** One line of JSON an event, on standard output. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    redact: { paths: ['request.headers.authorization'], censor: '[redacted]' },
  })
}

/** Tells of each request when it was answered: no query, no body, no credential. */
export function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const began = performance.now()
    const { method, path } = request
    response.on('close', () => {
      const caller = response.locals['caller'] as Principal | undefined
      logger.info(
        {
          request: { method, path, headers: told(request.headers) },
          status: response.statusCode,
          ms: Math.round(performance.now() - began),
          ...(caller && { caller: { subject: caller.subject, client: caller.clientId } }),
        },
        'answered',
      )
    })
    next()
  }
}

function told(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    toldHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  )
}
