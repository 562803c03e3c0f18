import { checkUse } from '../../resource-server/claims.ts'
import type { Config } from '../../resource-server/config.ts'
import { answering } from '../../resource-server/faults/challenge.ts'
import type { Fault } from '../../resource-server/faults/fault.ts'
import { isRecord } from '../../resource-server/key-set.ts'
import type { CteRules } from '../rules.ts'
import type { CteSettings } from '../settings.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

/** Who is let in to the MCP server, and how the others are turned away. */
export const doorFaults: Record<string, Fault<CteRules>> = {
  'metadata-mount-shadows': {
    about: 'Nothing but the metadata is there, for it was mounted in front of everything.',
    notYetJudged: 'Nothing there is an MCP server any more: a run ends with exit 3.',
    plant: (rules) => ({
      frontLayers: (config) => [
        (request, response, next) => {
          if (request.path.startsWith(wellKnown)) return next()
          response.status(404).type('text').send('Not Found')
        },
        ...rules.frontLayers(config),
      ],
    }),
  },
  'hide-denied-tools': {
    about: 'Tools are listed only for callers who may use them; to others they are unknown tools.',
    plant: (rules) => ({
      hidesDeniedTools: () => true,
      ...answering((answer, { kind }, request) => {
        if (kind !== 'insufficient' || request.body === undefined) return answer
        const body = isRecord(request.body) ? request.body : {}
        const params = isRecord(body['params']) ? body['params'] : {}
        const error = { code: -32_601, message: `Unknown tool: ${String(params['name'])}` }
        const message = { jsonrpc: '2.0', id: body['id'] ?? null, error }
        return { status: 200, headers: {}, body: message }
      })(rules),
    }),
  },
  'bare-401': {
    about: 'A 401 is a JSON-RPC error without a challenge.',
    plant: answering((answer) =>
      answer.status === 401
        ? {
            status: 401,
            headers: {},
            body: {
              error: { code: -32_000, message: 'Unauthorized: Authentication error' },
              id: null,
              jsonrpc: '2.0',
            },
          }
        : answer,
    ),
  },
  'ignore-typ': {
    about: 'The type of a token is not looked at.',
    plant: () => ({ checkType: () => {} }),
  },
  'id-token-marks-ignored': {
    about: 'Claims that only ID tokens have are not looked at.',
    plant: () => ({ checkUse }),
  },
  'upstream-token-accepted': {
    about: 'A token for the upstream API passes.',
    plant: (rules) => ({
      checkAudience: (claims, config) => {
        const { apiAudience } = config as Config & CteSettings
        if (claims['aud'] !== apiAudience) rules.checkAudience(claims, config)
      },
    }),
  },
  'advertise-identity-scopes': {
    about: 'The metadata lists scopes that say who somebody is and open nothing here.',
    notYetJudged: ['prm.scopes-minimal'],
    plant: (rules) => ({
      describeResource: (config, request) => {
        const document = rules.describeResource(config, request)
        const identity = ['openid', 'profile', 'email']
        return { ...document, scopes_supported: [...identity, ...(config.advertisedScopes ?? [])] }
      },
    }),
  },
}
