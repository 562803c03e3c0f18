import type { Fault } from '../resource-server/faults/fault.ts'
import { opening } from '../resource-server/faults/gate.ts'
import { metadataUrl } from '../resource-server/metadata.ts'
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
    notYetJudged:
      'methods.path-variants-protected, if the endpoint could be reached by such a path; it cannot.',
    plant: opening(({ path }) => path.includes('.well-known')),
  },
  'limiter-shadows-endpoint': {
    about: 'A route of the rate limit stands before the endpoint and answers null.',
    notYetJudged:
      'robust.rate-limit-status in the example; nothing behind the route can be judged.',
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
    notYetJudged: 'No requirement of authorization: the result of a tool has the wrong form.',
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
