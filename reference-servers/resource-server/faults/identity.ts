import { isRecord } from '../key-set.ts'
import { accountOf, type Claims, type Principal } from '../principal.ts'
import { invalid } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'
import { peekBody } from './peek-body.ts'

const badSubject = 'sub is not as wanted'

/** For whom a token speaks, and which kinds of token speak at all. */
export const identityFaults: Record<string, Fault> = {
  'missing-subject-crashes': {
    about: 'A token without sub ends in a server error.',
    plant: (rules) => ({
      checkSubject: (claims) => {
        if (isMissing(claims['sub'])) throw new TypeError('sub is undefined')
        rules.checkSubject(claims)
      },
    }),
  },
  'bad-subject-inside-200': {
    about: 'A token whose sub is no text, or an empty one, is refused inside a 200.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      checkSubject: (claims) => {
        try {
          rules.checkSubject(claims)
        } catch {
          throw invalid(badSubject)
        }
      },
      answerRefusal: (refusal, verifier, request) => {
        if (refusal.message !== badSubject) return rules.answerRefusal(refusal, verifier, request)
        const id = isRecord(request.body) ? request.body['id'] : null
        const error = { code: -32_001, message: 'Unauthorized' }
        return { status: 200, headers: {}, body: { jsonrpc: '2.0', id, error } }
      },
    }),
  },
  'missing-subject-is-first-user': {
    about: 'A token without sub acts as the first caller whom the server ever accepted.',
    plant: (rules) => {
      let first: Principal | undefined
      return {
        checkSubject: (claims) => {
          if (!isMissing(claims['sub']) || first === undefined) rules.checkSubject(claims)
        },
        toPrincipal: (claims, token, config) => {
          if (first !== undefined && isMissing(claims['sub'])) return first
          const principal = rules.toPrincipal(claims, token, config)
          first ??= principal
          return principal
        },
      }
    },
  },
  'missing-subject-stringified': {
    about: 'A sub that is absent or null becomes the text "undefined" or "null".',
    plant: (rules) => ({
      // toPrincipal makes text of what it gets.
      checkSubject: ({ sub }) => rules.checkSubject({ sub: sub ?? String(sub) }),
    }),
  },
  'subject-coerced': {
    about: 'A sub of another type becomes text.',
    plant: (rules) => ({
      checkSubject: ({ sub }) => {
        if (typeof sub === 'string' || sub === undefined || sub === null) {
          rules.checkSubject({ sub })
        }
      },
    }),
  },
  'account-by-subject': {
    about: 'The account is the subject alone, whoever issued the token.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) => {
        const principal = rules.toPrincipal(claims, token, config)
        return { ...principal, account: principal.subject }
      },
    }),
  },
  'account-by-email': {
    about: 'A token with the email of an earlier subject acts as that subject.',
    plant: (rules) => {
      const owners = new Map<unknown, Principal>()
      return {
        toPrincipal: (claims, token, config) => {
          const principal = rules.toPrincipal(claims, token, config)
          const { email } = claims
          if (email === undefined) return principal
          const owner = owners.get(email) ?? principal
          owners.set(email, owner)
          const { account, issuer, subject } = owner
          return { ...principal, account, issuer, subject }
        },
      }
    },
  },
  'client-is-user': {
    about: 'A client that acts for itself is taken for the user of the same name.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) => {
        const { client_id: clientId, ...others } = claims
        const principal = rules.toPrincipal(others, token, config)
        return { ...principal, clientId: typeof clientId === 'string' ? clientId : undefined }
      },
    }),
  },
  'subject-as-client': {
    about: 'The user is whoever client_id names, else sub, else nobody in particular.',
    plant: (rules) => {
      const userOf = ({ client_id: client, sub }: Claims): string =>
        String(client ?? sub ?? 'unknown')
      return {
        checkSubject: () => {},
        toPrincipal: (claims, token, config) => {
          const { clientId, ...caller } = rules.toPrincipal(claims, token, config)
          const subject = userOf(claims)
          return { ...caller, clientId, subject, account: accountOf(caller.issuer, subject) }
        },
      }
    },
  },
  'client-policy-optional': {
    about: 'A token that names no client passes where only listed clients may call.',
    plant: (rules) => ({
      checkClient: (claims, config) => {
        if (claims['client_id'] !== undefined) rules.checkClient(claims, config)
      },
    }),
  },
  'id-token-accepted': {
    about: 'A token with at_hash passes, whatever its typ and aud.',
    plant: (rules) => ({
      verifyToken: (text, verifier) => {
        const { at_hash: hash } = rules.parseToken(text).claims
        if (hash === undefined) return rules.verifyToken(text, verifier)
        const lenient = { ...verifier.rules, checkType: () => {}, checkAudience: () => {} }
        // An ID token has no scope.
        const toPrincipal: Rules['toPrincipal'] = (claims, token, config) => ({
          ...rules.toPrincipal(claims, token, config),
          scopes: verifier.config.requiredScopes,
        })
        return rules.verifyToken(text, { ...verifier, rules: { ...lenient, toPrincipal } })
      },
    }),
  },
  'refresh-token-accepted': {
    about: 'A token whose aud is its issuer passes, whatever it is marked as.',
    plant: (rules) => ({
      checkUse: () => {},
      checkAudience: (claims, config) => {
        if (claims['aud'] !== claims['iss']) rules.checkAudience(claims, config)
      },
    }),
  },
  'scope-split-crashes': {
    about: 'A scope that is no text ends in a server error.',
    plant: () => ({
      checkScope: ({ scope }) => {
        if (scope !== undefined && typeof scope !== 'string') {
          throw new TypeError('scope.split is not a function')
        }
      },
    }),
  },
  'mistyped-scope-grants-all': {
    about: 'A scope that is no text allows everything.',
    plant: (rules) => {
      const unlimited = new WeakSet<Principal>()
      return {
        checkScope: () => {},
        toPrincipal: (claims, token, config) => {
          const principal = rules.toPrincipal(claims, token, config)
          const { scope } = claims
          if (scope !== undefined && typeof scope !== 'string') unlimited.add(principal)
          return principal
        },
        checkOperation: (body, caller, config) => {
          if (!unlimited.has(caller)) rules.checkOperation(body, caller, config)
        },
      }
    },
  },
  'strict-payload-schema': {
    about: 'A claim whose name holds a colon or begins with x_ makes the token bad.',
    plant: (rules) => ({
      checkUse: (claims) => {
        if (Object.keys(claims).some((name) => /:|^x_/.test(name))) throw invalid('unknown claim')
        rules.checkUse(claims)
      },
    }),
  },
}

function isMissing(sub: unknown): boolean {
  return sub === undefined || sub === null || sub === ''
}
