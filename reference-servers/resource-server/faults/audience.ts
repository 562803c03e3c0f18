import type { Claims } from '../principal.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'
import type { Fault } from './fault.ts'

/** For whom a token must have been minted. */
export const audienceFaults: Record<string, Fault> = {
  'skip-audience': { about: 'aud is not looked at.', plant: passing(() => true) },
  'audience-optional': {
    about: 'A token without aud, or with an empty one, passes.',
    plant: passing(({ aud }) => aud === undefined || aud === null || String(aud) === ''),
  },
  'audience-from-other-claims': {
    about: 'azp, client_id or resource that names us stands in for aud.',
    plant: passing(({ azp, client_id, resource }, own) => [azp, client_id, resource].includes(own)),
  },
  'audience-or-client-id': {
    about: "aud that equals the token's own client_id passes.",
    plant: passing(({ aud, client_id }) => typeof aud === 'string' && aud === client_id),
  },
  'audience-includes': {
    about: 'The identifier may stand anywhere in aud.',
    plant: passing(({ aud }, own) => JSON.stringify(aud ?? '').includes(own)),
  },
  'audience-starts-with': {
    about: 'A text of aud need only start with the identifier.',
    plant: passing((claims, own) => texts(claims).some((aud) => aud.startsWith(own))),
  },
  'audience-origin-only': {
    about: 'Only the origin of aud is compared.',
    plant: passing((claims, own) =>
      texts(claims).some((aud) => URL.canParse(aud) && new URL(aud).origin === new URL(own).origin),
    ),
  },
  'audience-text-only': {
    about: 'A list in aud is refused.',
    plant: refusing(({ aud }) => Array.isArray(aud)),
  },
  'audience-single-only': {
    about: 'A list of several audiences is refused.',
    plant: refusing(({ aud }) => Array.isArray(aud) && aud.length > 1),
  },
  'audience-list-forbidden': {
    about: 'A list that names us beside others is forbidden.',
    plant: refusing(
      ({ aud }, own) => Array.isArray(aud) && aud.length > 1 && aud.includes(own),
      'insufficient',
    ),
  },
  'audience-spelling-crashes': {
    about: 'aud with a final slash more or less, or the bare origin, ends in a server error.',
    plant: (rules) => ({
      checkAudience: (claims, config) => {
        if (isSpelling(claims, config.audience)) throw new TypeError('Invalid URL')
        rules.checkAudience(claims, config)
      },
    }),
  },
  'audience-spelling-forbidden': {
    about: 'aud with a final slash more or less, or the bare origin, is forbidden.',
    plant: refusing(isSpelling, 'insufficient'),
  },
  'metadata-resource-not-accepted': {
    about: 'The metadata of the path form publishes another resource than aud must name.',
    plant: (rules) => ({
      describeResource: (config, request) => {
        const document = rules.describeResource(config, request)
        const root = request.path === '/.well-known/oauth-protected-resource'
        return root ? document : { ...document, resource: `${config.resource}/internal` }
      },
    }),
  },
}

function passing(passes: (claims: Claims, own: string) => boolean): Fault['plant'] {
  return (rules) => ({
    checkAudience: (claims, config) => {
      if (!passes(claims, config.audience)) rules.checkAudience(claims, config)
    },
  })
}

function refusing(
  refuses: (claims: Claims, own: string) => boolean,
  kind: RefusalKind = 'invalid',
): Fault['plant'] {
  return (rules) => ({
    checkAudience: (claims, config) => {
      if (refuses(claims, config.audience)) throw new Refusal(kind, 'aud is not as wanted')
      rules.checkAudience(claims, config)
    },
  })
}

function isSpelling({ aud }: Claims, own: string): boolean {
  const spellings = [`${own}/`, own.replace(/\/$/, ''), new URL(own).origin]
  return typeof aud === 'string' && aud !== own && spellings.includes(aud)
}

function texts({ aud }: Claims): string[] {
  const values: unknown[] = Array.isArray(aud) ? aud : [aud]
  return values.filter((value) => typeof value === 'string')
}
