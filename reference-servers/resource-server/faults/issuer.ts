import type { Config } from '../config.ts'
import { fetchKeySet } from '../discovery.ts'
import type { Claims } from '../principal.ts'
import { invalid } from '../refusal.ts'
import { RemoteKeys } from '../remote-keys.ts'
import type { Rules } from '../rules.ts'
import type { Verifier } from '../verify.ts'
import type { Fault } from './fault.ts'

/** Which issuers are believed, and whose keys vouch for them. */
export const issuerFaults: Record<string, Fault> = {
  'issuer-optional': {
    about: 'A token without iss passes under the keys of the first issuer.',
    plant: trusting((iss) => iss === undefined || iss === null || iss === ''),
  },
  'skip-issuer': {
    about: 'A token of any other issuer passes under the keys of the first one.',
    plant: trusting(() => true),
  },
  'issuer-starts-with': {
    about: 'An iss that only starts like a trusted one passes.',
    plant: trusting((iss, trusted) => typeof iss === 'string' && iss.startsWith(trusted)),
  },
  'issuer-compared-by-origin': {
    about: 'Only the origin of iss is compared.',
    plant: trusting((iss, trusted) => originOf(iss) === originOf(trusted)),
  },
  'issuer-slash-ignored': {
    about: 'A final slash of iss does not count.',
    plant: trusting((iss, trusted) => {
      return typeof iss === 'string' && iss.replace(/\/$/, '') === trusted.replace(/\/$/, '')
    }),
  },
  'issuer-from-token': {
    about: 'An issuer that only the token names is asked for its keys.',
    plant: (rules) => ({
      verifyToken: async (text, verifier) => {
        const issuer = unlistedIssuer(text, verifier)
        if (issuer === undefined) return rules.verifyToken(text, verifier)
        const trusted = { issuer, keys: { kind: 'discover' } as const }
        const config = { ...verifier.config, issuers: [...verifier.config.issuers, trusted] }
        const keys = new Map(verifier.keys).set(issuer, new RemoteKeys(trusted, config, rules))
        return rules.verifyToken(text, { ...verifier, config, keys }).catch(() => {
          throw invalid('the named issuer did not vouch for the token')
        })
      },
    }),
  },
  'issuer-fetched-then-refused': {
    about: 'An issuer that only the token names is asked, and then not believed.',
    plant: (rules) => ({
      verifyToken: async (text, verifier) => {
        const issuer = unlistedIssuer(text, verifier)
        if (issuer !== undefined) {
          const asked = fetchKeySet({ issuer, keys: { kind: 'discover' } }, verifier.config)
          await asked.catch(() => null)
        }
        return rules.verifyToken(text, verifier)
      },
    }),
  },
  'issuers-share-keys': {
    about: 'A key of any trusted issuer verifies the tokens of all.',
    plant: (rules) => ({ verifyToken: (text, verifier) => verifyByAny(text, verifier, rules) }),
  },
  'second-issuer-listed-only': {
    about: 'The metadata lists both issuers, and only tokens of the first are accepted.',
    plant: (rules) => ({
      describeResource: (config, request) => ({
        ...rules.describeResource(config, request),
        authorization_servers: config.issuers.map(({ issuer }) => issuer),
      }),
      findIssuer: (claims, config) =>
        rules.findIssuer(claims, { ...config, issuers: config.issuers.slice(0, 1) }),
    }),
  },
  'metadata-lists-other-issuer': {
    about: 'The metadata lists another issuer than the one whose tokens are accepted.',
    plant: (rules) => ({
      describeResource: (config, request) => ({
        ...rules.describeResource(config, request),
        authorization_servers: ['https://other-issuer.example'],
      }),
    }),
  },
}

/** An `iss` for which `passes` holds counts as the first issuer that it is compared with. */
function trusting(passes: (iss: unknown, trusted: string) => boolean): Fault['plant'] {
  return (rules) => ({
    findIssuer: (claims: Claims, config: Config) => {
      const iss = claims['iss']
      if (config.issuers.some(({ issuer }) => issuer === iss))
        return rules.findIssuer(claims, config)
      const taken = config.issuers.find(({ issuer }) => passes(iss, issuer))
      return taken?.issuer ?? rules.findIssuer(claims, config)
    },
  })
}

function originOf(url: unknown): string | null {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : null
}

function unlistedIssuer(text: string, { rules, config }: Verifier): string | undefined {
  const { iss } = rules.parseToken(text).claims
  const listed = config.issuers.some(({ issuer }) => issuer === iss)
  if (listed || typeof iss !== 'string') return undefined
  return URL.canParse(iss) && iss.startsWith('http:') ? iss : undefined
}

async function verifyByAny(
  text: string,
  verifier: Verifier,
  rules: Rules,
): ReturnType<Rules['verifyToken']> {
  const verifySignature: Rules['verifySignature'] = async (token, own, config) => {
    const others = [...verifier.keys.values()].filter((keys) => keys !== own)
    const tries = [own, ...others].map((keys) =>
      rules.verifySignature(token, keys, config).catch((error: unknown) => error),
    )
    const results = await Promise.all(tries)
    const claims = results.find((result) => !(result instanceof Error))
    if (claims === undefined) throw results[0]
    return claims as Claims
  }
  return rules.verifyToken(text, { ...verifier, rules: { ...verifier.rules, verifySignature } })
}
