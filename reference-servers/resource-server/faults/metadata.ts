import type { RequestHandler } from 'express'
import type { Config } from '../config.ts'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** Where the metadata of the resource is said to be, and what is there. */
export const metadataFaults: Record<string, Fault> = {
  'no-metadata': {
    about: 'There is no metadata, and no challenge speaks of it.',
    plant: (rules) => ({
      metadataPaths: () => [],
      challengeParameters: withoutMetadata(rules),
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
    about: 'The advertised URL leads to the metadata by two redirects.',
    plant: (rules) => ({
      frontLayers: (config) => [
        (request, response, next) => {
          const detour = request.path === wellKnown + new URL(config.resource).pathname
          const root = new URL(wellKnown, config.resource).href
          if (detour) return response.redirect(`${root}?again`)
          if (request.originalUrl === `${wellKnown}?again`) return response.redirect(root)
          next()
        },
        ...rules.frontLayers(config),
      ],
    }),
  },
  'metadata-as-text': {
    about: 'The metadata is served as plain text.',
    plant: (rules) => ({
      frontLayers: (config) => [
        (request, response, next) => {
          if (!rules.metadataPaths(config).includes(request.path)) return next()
          response.type('text/plain').send(JSON.stringify(rules.describeResource(config, request)))
        },
        ...rules.frontLayers(config),
      ],
    }),
  },
  'metadata-root-guarded': {
    about: 'The metadata at the root asks for a token.',
    plant: answeringPath(
      /^\/\.well-known\/oauth-protected-resource\/?$/,
      (request, _response, next) => {
        if (request.headers.authorization === undefined) throw new Refusal('missing', 'no header')
        next()
      },
    ),
  },
  'metadata-root-only': {
    about: 'The metadata stands at the root alone, and is advertised there.',
    plant: (rules) => ({
      ...advertising(({ resource }) => new URL(wellKnown, resource).href)(rules),
      metadataPaths: () => [wellKnown],
    }),
  },
  'metadata-appended': {
    about: 'The well-known part stands behind the path of the endpoint.',
    plant: (rules) => ({
      ...advertising(({ resource }) => resource + wellKnown)(rules),
      metadataPaths: ({ resource }) => [new URL(resource).pathname + wellKnown, wellKnown],
    }),
  },
  'only-root-metadata-foreign': {
    about: 'The only metadata is at the root, is not advertised and describes another server.',
    plant: (rules) => ({
      challengeParameters: withoutMetadata(rules),
      metadataPaths: () => [wellKnown],
      describeResource: (config, request) => ({
        ...rules.describeResource(config, request),
        resource: `${new URL(config.resource).origin}/other`,
      }),
    }),
  },
  'prm-resource-is-origin': {
    about: 'The only metadata is at the root, is advertised and describes the whole host.',
    plant: (rules) => ({
      ...advertising(({ resource }) => new URL(wellKnown, resource).href)(rules),
      metadataPaths: () => [wellKnown],
      describeResource: (config, request) => ({
        ...rules.describeResource(config, request),
        resource: new URL(config.resource).origin,
      }),
    }),
  },
  'challenge-offline-access': {
    about: 'The challenge asks for offline_access.',
    plant: (rules) => ({
      challengeParameters: (refusal, config) =>
        rules
          .challengeParameters(refusal, config)
          .map(([name, value]) => [name, name === 'scope' ? `${value} offline_access` : value]),
    }),
  },
  'forwarded-host-trusted': {
    about: 'X-Forwarded-Host gets into metadata and challenge.',
    plant: trustingForwardedHost(false),
  },
  'forwarded-host-cached': {
    about: 'X-Forwarded-Host gets into metadata, and the next one who asks is served the same.',
    plant: trustingForwardedHost(true),
  },
}

function trustingForwardedHost(caching: boolean): Fault['plant'] {
  return (rules) => {
    const cache = new Map<string, Record<string, unknown>>()
    return {
      describeResource: (config, request) => {
        const host = request.get('x-forwarded-host')
        const cached = cache.get(request.path)
        cache.delete(request.path)
        const document = rules.describeResource(config, request)
        if (host === undefined) return cached ?? document
        const forged = { ...document, resource: onHost(config.resource, host) }
        if (caching) cache.set(request.path, forged)
        return forged
      },
      answerRefusal: (refusal, verifier, request) => {
        const answer = rules.answerRefusal(refusal, verifier, request)
        const host = request.get('x-forwarded-host')
        const challenge = answer.headers['WWW-Authenticate']
        if (host === undefined || challenge === undefined) return answer
        const { origin } = new URL(verifier.config.resource)
        const forged = challenge.replace(origin, `https://${host}`)
        return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': forged } }
      },
    }
  }
}

function onHost(url: string, host: string): string {
  return `https://${host}${new URL(url).pathname}`
}

export function withoutMetadata(rules: Rules): Rules['challengeParameters'] {
  return (refusal, config) =>
    rules.challengeParameters(refusal, config).filter(([name]) => name !== 'resource_metadata')
}

/** Another URL in the challenge. */
export function advertising(url: (config: Config) => string): Fault['plant'] {
  return (rules) => ({
    challengeParameters: (refusal, config) =>
      rules
        .challengeParameters(refusal, config)
        .map((each) => (each[0] === 'resource_metadata' ? [each[0], url(config)] : each)),
  })
}

export function answeringPath(path: RegExp, answer: RequestHandler): Fault['plant'] {
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
