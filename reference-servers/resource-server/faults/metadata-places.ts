import { describeResource } from '../metadata.ts'
import { Refusal } from '../refusal.ts'
import type { Fault } from './fault.ts'
import { advertising, answeringPath, withoutMetadata } from './metadata.ts'

const wellKnown = '/.well-known/oauth-protected-resource'
const bothForms = /^\/\.well-known\/oauth-protected-resource/

/** Where the metadata of the resource is not, and what leads there. */
export const metadataPlaceFaults: Record<string, Fault> = {
  'metadata-root-guarded-unnamed': {
    about: 'The metadata at the root asks for a token, and no challenge speaks of the other.',
    plant: (rules) => ({
      challengeParameters: withoutMetadata(rules),
      ...answeringPath(/oauth-protected-resource\/?$/, (request, _response, next) => {
        if (request.headers.authorization === undefined) throw new Refusal('missing', 'no header')
        next()
      })(rules),
    }),
  },
  'metadata-detour': {
    about: 'Both well-known URLs redirect to where the metadata is, and no challenge speaks of it.',
    plant: (rules) => ({
      challengeParameters: withoutMetadata(rules),
      frontLayers: (config) => [
        (request, response, next) => {
          const elsewhere = new URL('/processor/metadata', config.resource)
          if (bothForms.test(request.path)) return response.redirect(elsewhere.href)
          if (request.path !== elsewhere.pathname) return next()
          response.json(rules.describeResource(config, request))
        },
        ...rules.frontLayers(config),
      ],
    }),
  },
  'metadata-behind-login': {
    about: 'The metadata redirects to a login.',
    plant: answeringPath(bothForms, (_request, response) => response.redirect('/oauth2/sign_in')),
  },
  'metadata-elsewhere': {
    about: 'The metadata is advertised at a URL of its own; that at the root is of another server.',
    plant: (rules) => ({
      ...advertising(({ resource }) => new URL('/metadata', resource).href)(rules),
      metadataPaths: () => ['/metadata', wellKnown],
      describeResource: describeOtherAtRoot,
    }),
  },
  'root-metadata-advertised-foreign': {
    about: 'The challenge leads to the metadata at the root, which describes another server.',
    plant: (rules) => ({
      ...advertising(({ resource }) => new URL(wellKnown, resource).href)(rules),
      describeResource: describeOtherAtRoot,
    }),
  },
}

const describeOtherAtRoot: typeof describeResource = (config, request) => ({
  ...describeResource(config, request),
  ...(request.path === wellKnown ? { resource: `${new URL(config.resource).origin}/other` } : {}),
})
