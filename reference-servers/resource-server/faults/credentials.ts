import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import { isRecord } from '../key-set.ts'
import type { Principal } from '../principal.ts'
import { Refusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { guest, type Fault } from './fault.ts'
import { opening } from './gate.ts'
import { argumentsOf, calledTool, metaOf, peekBody } from './peek-body.ts'

const longToken = 16_000

/** How a credential is read, and what else is taken for one. */
export const credentialFaults: Record<string, Fault> = {
  'proprietary-token-header': {
    about: 'The token is read from X-Access-Token only.',
    plant: () => ({
      readToken: (request) => {
        const token = request.headers['x-access-token']
        if (typeof token === 'string') return token
        throw new Refusal('missing', 'no X-Access-Token')
      },
    }),
  },
  'case-sensitive-scheme': {
    about: 'The scheme must be spelt Bearer.',
    plant: reading((line) => {
      if (/^bearer/i.test(line) && !line.startsWith('Bearer')) {
        throw new Refusal('missing', 'another scheme')
      }
      return undefined
    }),
  },
  'header-whitespace-crashes': {
    about: 'Two spaces or a tab before the token end in a server error.',
    plant: reading((line) => {
      if (/^bearer(?: {2,}|\t)\s*\S/i.test(line)) throw new TypeError('cannot split the header')
      return undefined
    }),
  },
  'scheme-optional': {
    about: 'A bare token, and one under the scheme Token or JWT, pass like a bearer token.',
    plant: reading((line) => /^(?:(?:Token|JWT) +)?([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(line)?.[1]),
  },
  'token-from-query': {
    about: 'A token in the query is taken, and before the one in the header.',
    plant: carrying((request) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      const names = ['access_token', 'token', 'authorization']
      return names.map((name) => searchParams.get(name)).find((value) => value !== null)
    }),
  },
  'token-from-body': {
    about: 'A token in _meta or in a form is taken.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      ...carrying((request) => {
        const { access_token, authorization } = metaOf(request as Request)
        const { body } = request as Request
        const form = isRecord(body) ? body['access_token'] : undefined
        const bearer = String(authorization ?? '').replace(/^bearer /i, '') || undefined
        return access_token ?? form ?? bearer
      })(rules),
    }),
  },
  'token-from-cookie': {
    about: 'A token in the cookie access_token or token is taken, from pages of any origin.',
    plant: (rules) => ({
      isTrustedOrigin: (request, config) =>
        cookieToken(request) !== undefined || rules.isTrustedOrigin(request, config),
      ...carrying(cookieToken)(rules),
    }),
  },
  'last-authorization-wins': {
    about: 'Of several Authorization values the last one is used.',
    plant: () => ({
      readToken: (request) => {
        const values = request.headersDistinct['authorization'] ?? []
        const last = values.join(',').split(',').at(-1)?.trim()
        const match = /^bearer +(\S+)$/i.exec(last ?? '')
        if (match?.[1] !== undefined) return match[1]
        throw new Refusal(/^bearer/i.test(last ?? '') ? 'malformed' : 'missing', 'no token')
      },
    }),
  },
  'duplicate-authorization-crashes': {
    about: 'More than one Authorization line ends in a server error.',
    plant: (rules) => ({
      readToken: (request) => {
        const lines = request.headersDistinct['authorization'] ?? []
        if (lines.length > 1) throw new TypeError('a list has no split')
        return rules.readToken(request)
      },
    }),
  },
  'oversized-token-crashes': {
    about: 'A token of 16,000 characters or more ends in a server error.',
    plant: (rules) => ({
      httpOptions: () => ({ maxHeaderSize: 2 * 1024 * 1024 }),
      verifyToken: (text, verifier) => {
        if (text.length >= longToken) throw new RangeError('the token is too long')
        return rules.verifyToken(text, verifier)
      },
    }),
  },
  'oversized-token-passes': {
    about: 'A token of 16,000 characters or more is not looked at, and a guest is served.',
    plant: (rules) => ({
      httpOptions: () => ({ maxHeaderSize: 2 * 1024 * 1024 }),
      verifyToken: async (text, verifier) =>
        text.length >= longToken ? guest(verifier) : rules.verifyToken(text, verifier),
    }),
  },
  'undefined-token-is-guest': {
    about: 'The token "undefined" is served as a guest.',
    plant: (rules) => ({
      verifyToken: async (text, verifier) =>
        text === 'undefined' ? guest(verifier) : rules.verifyToken(text, verifier),
    }),
  },
  'token-json-parse-crashes': {
    about: 'Three segments that are no JSON objects end in a server error.',
    plant: (rules) => ({
      parseToken: (text) => {
        try {
          return rules.parseToken(text)
        } catch (error) {
          throw text.split('.').length === 3 ? new SyntaxError('unexpected token') : error
        }
      },
    }),
  },
  'identity-from-request': {
    about:
      'A user named in X-User-Id, X-Forwarded-User, X-Auth-Request-Email or _meta is believed.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      identify: async (request, verifier) => {
        const name = namedUser(request)
        if (name === undefined) return rules.identify(request, verifier)
        const caller = await rules.identify(request, verifier).catch(() => guest(verifier))
        return { ...guest(verifier, name), scopes: caller.scopes }
      },
    }),
  },
  'loopback-address-believed': {
    about: 'Who says in X-Forwarded-For, X-Real-IP or Forwarded to be this machine needs no token.',
    plant: opening(({ headers }) =>
      [headers['x-forwarded-for'], headers['x-real-ip'], headers.forwarded].some((value) =>
        String(value).includes('127.0.0.1'),
      ),
    ),
  },
  'scopes-from-request': {
    about: 'X-Roles: admin gives every scope, and _meta.scope those that it names.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      identify: async (request, verifier) => {
        const caller = await rules.identify(request, verifier)
        const all = request.get('x-roles') === 'admin' ? ['mcp:read', 'mcp:write'] : []
        const named = String(metaOf(request)['scope'] ?? '').split(' ')
        return { ...caller, scopes: [...caller.scopes, ...all, ...named] }
      },
    }),
  },
  'tool-runs-before-decision': {
    about: "A call of a writing tool is carried out for the session's owner, then refused.",
    plant: runBeforeDecision,
  },
}

/** The token that `pick` finds in the line wins; else the header is read as it should be. */
function reading(pick: (line: string) => string | undefined): Fault['plant'] {
  return (rules) => ({
    readToken: (request) => pick(request.headers.authorization ?? '') ?? rules.readToken(request),
  })
}

function carrying(pick: (request: IncomingMessage) => unknown): Fault['plant'] {
  return (rules) => ({
    readToken: (request) => {
      const token = pick(request)
      return typeof token === 'string' ? token : rules.readToken(request)
    },
  })
}

function cookieToken(request: IncomingMessage): string | undefined {
  return /(?:^|; *)(?:access_token|token)=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
}

function namedUser(request: Request): string | undefined {
  const email = request.get('x-auth-request-email')
  const { userId } = metaOf(request)
  const name = request.get('x-user-id') ?? request.get('x-forwarded-user') ?? userId
  return typeof name === 'string' ? name : email?.split('@')[0]
}

function runBeforeDecision(rules: Rules): Partial<Rules> {
  const owners = new Map<string, Principal>()
  const remember = (request: Request, caller: Principal): Principal => {
    owners.set(request.get('mcp-session-id') ?? '', caller)
    return caller
  }
  return {
    frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
    identify: async (request, verifier) => {
      try {
        return remember(request, await rules.identify(request, verifier))
      } catch (error) {
        const owner = owners.get(request.get('mcp-session-id') ?? '')
        const tool = verifier.config.system.tools.find(
          ({ name, readOnly, scopes }) =>
            name === calledTool(request.body) && !readOnly && scopes.length === 0,
        )
        if (owner && tool && !lacksSubject(request, rules)) {
          await tool.run(argumentsOf(request.body), { caller: owner, notify: async () => {} })
        }
        throw error
      }
    },
  }
}

/** A token of nobody's changes nothing for anybody, so that this fault stays apart from those of identity. */
function lacksSubject(request: Request, rules: Rules): boolean {
  try {
    const { sub } = rules.parseToken(rules.readToken(request)).claims
    return typeof sub !== 'string'
  } catch {
    return false
  }
}
