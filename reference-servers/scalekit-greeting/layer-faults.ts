import type { RequestHandler } from 'express'
import { isPreflight } from '../resource-server/cors.ts'
import type { Fault } from '../resource-server/faults/fault.ts'
import { opening } from '../resource-server/faults/gate.ts'
import { metadataUrl } from '../resource-server/metadata.ts'
import { Refusal } from '../resource-server/refusal.ts'
import type { Rules } from '../resource-server/rules.ts'
import type { GreetingRules } from './rules.ts'

/** What goes wrong when authorization is one layer of a web server among others. */
export const layerFaults: Record<string, Fault<GreetingRules>> = {
  'metadata-url-dead': {
    about: 'The challenge leads to a URL where nothing is.',
    plant: (rules) => ({
      challengeParameters: (refusal, config) =>
        rules
          .challengeParameters(refusal, config)
          .map((each) => (each[0] === 'resource_metadata' ? [each[0], deadUrl(config)] : each)),
    }),
  },
  'metadata-audience-drift': {
    about: 'The metadata, pasted by hand, names another resource than aud must name.',
    plant: (rules) => ({
      describeResource: (config, request) => ({
        ...rules.describeResource(config, request),
        resource: new URL('/mcp', config.resource).href,
      }),
    }),
  },
  'well-known-substring-bypass': {
    about: 'A path that holds .well-known anywhere needs no token.',
    plant: opening(({ path }) => path.includes('.well-known')),
  },
  'preflight-401': {
    about: 'A preflight needs a token.',
    plant: (rules) =>
      inFront(rules, (request, _response, next) => {
        const bare = request.headers.authorization === undefined
        if (isPreflight(request) && bare) throw new Refusal('missing', 'no Authorization header')
        next()
      }),
  },
  'cors-inside-auth': {
    about: 'A web page can read neither a 401 nor the id of its session.',
    plant: (rules) => inFront(rules, hideFromPages),
  },
  'limiter-shadows-endpoint': {
    about: 'A route of the rate limit stands before the endpoint and answers null.',
    plant: (rules) => ({
      identify: async (request, verifier) => {
        const caller = await rules.identify(request, verifier)
        const endpoint = new URL(verifier.config.resource).pathname
        if (request.method !== 'POST' || request.path !== endpoint) return caller
        request.res?.json(null)
        return new Promise(() => {})
      },
    }),
  },
  'nested-result': {
    about: 'The greeting is a tool result, as text, inside a tool result.',
    plant: (rules) => ({
      greet: (text) => {
        const inner = rules.greet(text)
        return {
          content: [{ type: 'text', text: JSON.stringify(inner) }],
          structuredContent: inner,
        }
      },
    }),
  },
}

const deadUrl = (config: Parameters<typeof metadataUrl>[0]): string => `${metadataUrl(config)}/mcp`

function inFront(rules: GreetingRules, layer: RequestHandler): Pick<Rules, 'frontLayers'> {
  return { frontLayers: (config) => [layer, ...rules.frontLayers(config)] }
}

const hideFromPages: RequestHandler = (_request, response, next) => {
  const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => typeof response
  response.writeHead = (...all: unknown[]) => {
    if (response.statusCode === 401) response.removeHeader('Access-Control-Allow-Origin')
    response.removeHeader('Access-Control-Expose-Headers')
    return writeHead(...all)
  }
  next()
}
