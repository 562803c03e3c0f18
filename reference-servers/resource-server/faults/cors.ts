import type { RequestHandler, Response } from 'express'
import { allowOrigin, answerPreflight, isPreflight } from '../cors.ts'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'

/** What web pages may ask and read. */
export const corsFaults: Record<string, Fault> = {
  'preflight-401': {
    about: 'A preflight needs a token.',
    plant: inFront((request, _response, next) => {
      const bare = request.headers.authorization === undefined
      if (isPreflight(request) && bare) throw new Refusal('missing', 'no Authorization header')
      next()
    }),
  },
  'preflight-allows-any-header': {
    about: 'A preflight allows all headers by a star, which does not stand for Authorization.',
    plant: inFront((request, response, next) => {
      if (isPreflight(request)) rewriting(response, /^access-control-allow-headers$/i, '*')
      next()
    }),
  },
  'cors-inside-auth': {
    about: 'A web page can read neither a 401 or 403 nor the id of its session.',
    plant: inFront((_request, response, next) => {
      const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => Response
      response.writeHead = (...all: unknown[]) => {
        const refused = [401, 403].includes(response.statusCode)
        if (refused) response.removeHeader('Access-Control-Allow-Origin')
        response.removeHeader('Access-Control-Expose-Headers')
        return writeHead(...all)
      }
      next()
    }),
  },
  'cors-forbids-authorization': {
    about: 'A preflight that asks for Authorization is refused, and no challenge can be read.',
    plant: inFront((request, response, next) => {
      const asked = request.get('access-control-request-headers') ?? ''
      if (request.method === 'OPTIONS' && /authorization/i.test(asked)) {
        return void response.status(400).type('text').send('Disallowed CORS headers')
      }
      rewriting(response, /^access-control-expose/i, 'Mcp-Session-Id')
      next()
    }),
  },
  'cors-credentialed-wildcard': {
    about: 'Pages of every origin may ask and read, with credentials.',
    plant: inFront((request, response, next) => {
      allowOrigin(request, response)
      response.set('Access-Control-Allow-Credentials', 'true')
      if (isPreflight(request)) return answerPreflight(response)
      next()
    }),
  },
}

/** A layer in front of everything. */
export function inFront(layer: RequestHandler): (rules: Rules) => Partial<Rules> {
  return (rules) => ({ frontLayers: (config) => [layer, ...rules.frontLayers(config)] })
}

/** Whatever such a header is set to, it becomes this. */
function rewriting(response: Response, header: RegExp, value: string): void {
  const setHeader = response.setHeader.bind(response)
  response.setHeader = (name, given) => setHeader(name, header.test(name) ? value : given)
}
