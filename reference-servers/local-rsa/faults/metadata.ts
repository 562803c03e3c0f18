import type { RequestHandler } from 'express'
import type { Config } from '../config.ts'
import { Refusal } from '../refusal.ts'
import type { Fault } from './fault.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** Where the metadata of the resource is said to be, and what is there. */
export const metadataFaults: Record<string, Fault> = {
  'no-metadata': {
    about: 'There is no metadata, and no challenge speaks of it.',
    plant: (rules) => ({
      metadataPaths: () => [],
      challengeParameters: (refusal, config) =>
        rules.challengeParameters(refusal, config).filter(([name]) => name !== 'resource_metadata'),
    }),
  },
  'metadata-url-dead': {
    about: 'The challenge leads to a URL where nothing is.',
    plant: (rules) => ({
      ...advertising(({ resource }) => resource + wellKnown)(rules),
      ...answeringPath(/^\/.+\/\.well-known\//, (_request, response) => {
        response.status(404).json({ message: 'Not found.' })
      })(rules),
    }),
  },
  'metadata-url-relative': {
    about: 'The challenge names the path of the metadata alone.',
    plant: advertising((config) => new URL(config.resource).pathname.replace(/^/, wellKnown)),
  },
  'metadata-url-is-resource': {
    about: 'The challenge names the endpoint in place of its metadata.',
    plant: advertising(({ resource }) => resource),
  },
  'metadata-behind-auth': {
    about: 'The metadata asks for a token.',
    plant: answeringPath(
      /^\/\.well-known\/oauth-protected-resource/,
      (request, _response, next) => {
        if (request.headers.authorization === undefined) throw new Refusal('missing', 'no header')
        next()
      },
    ),
  },
  'metadata-spa-fallback': {
    about: 'A page of HTML stands in place of the metadata.',
    plant: answeringPath(/^\/\.well-known\//, (_request, response) => {
      response.status(200).type('html').send('<!doctype html><title>App</title><div id="root">')
    }),
  },
  'metadata-behind-redirect': {
    about: 'The advertised URL leads to the metadata by a redirect.',
    plant: (rules) => ({
      frontLayers: (config) => [
        (request, response, next) => {
          const detour = request.path === wellKnown + new URL(config.resource).pathname
          if (detour) return response.redirect(new URL(wellKnown, config.resource).href)
          next()
        },
        ...rules.frontLayers(config),
      ],
    }),
  },
}

/** Another URL in the challenge. */
function advertising(url: (config: Config) => string): Fault['plant'] {
  return (rules) => ({
    challengeParameters: (refusal, config) =>
      rules
        .challengeParameters(refusal, config)
        .map((each) => (each[0] === 'resource_metadata' ? [each[0], url(config)] : each)),
  })
}

function answeringPath(path: RegExp, answer: RequestHandler): Fault['plant'] {
  return (rules) => ({
    frontLayers: (config) => [
      (request, response, next) => {
        if (!path.test(request.path)) return next()
        return answer(request, response, next)
      },
      ...rules.frontLayers(config),
    ],
  })
}
