import type { Request, RequestHandler } from 'express'
import { isRecord } from '../key-set.ts'
import { Refusal } from '../refusal.ts'
import type { System } from '../system.ts'
import { answering } from './challenge.ts'
import type { Fault } from './fault.ts'
import { opening, peeking } from './gate.ts'
import { calledTool, metaOf, methodOf, peekBody } from './peek-body.ts'

/** By which status a request is refused, if it is. */
export const refusalStatusFaults: Record<string, Fault> = {
  'missing-token-400': {
    about: 'A handshake or discovery without credentials is a bad request.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      ...answering((answer, { kind }, request) =>
        kind === 'missing' && isBare(request) && isHandshake(request)
          ? { ...answer, status: 400 }
          : answer,
      )(rules),
    }),
  },
  'version-before-token': {
    about: 'A handshake or discovery without credentials is refused for its version.',
    plant: (rules) => ({
      frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
      ...answering((answer, { kind }, request) =>
        kind === 'missing' && isBare(request) && isHandshake(request)
          ? { status: 400, headers: {}, body: { error: 'Unsupported version' } }
          : answer,
      )(rules),
    }),
  },
  'guest-without-token': {
    about: 'A request without credentials is served as that of a guest.',
    plant: peeking(opening((request) => request.method === 'POST' && isBare(request))),
  },
  'malformed-header-crashes': {
    about: 'A header in which Bearer is not followed by exactly one token ends in a server error.',
    plant: (rules) => ({
      readToken: (request) => {
        try {
          return rules.readToken(request)
        } catch (error) {
          const malformed = error instanceof Refusal && error.kind === 'malformed'
          throw malformed ? new TypeError('there is no second part') : error
        }
      },
    }),
  },
  'malformed-header-403': {
    about: 'A scheme without a value, or with two, is forbidden.',
    plant: answering((answer, _refusal, { headers }) =>
      isMalformed(headers.authorization) ? { ...answer, status: 403 } : answer,
    ),
  },
  'malformed-header-401': {
    about: 'A scheme without a value, or with two, is answered with 401.',
    plant: answering((answer, _refusal, { headers }) =>
      isMalformed(headers.authorization) ? { ...answer, status: 401 } : answer,
    ),
  },
  'opaque-token-crashes': {
    about: 'A token of 32 letters and digits ends in a server error.',
    plant: (rules) => ({
      parseToken: (text) => {
        if (/^[A-Za-z0-9]{32}$/.test(text)) throw new TypeError('not a token')
        return rules.parseToken(text)
      },
    }),
  },
  'refusal-inside-200': {
    about: 'A tool call with no or a bad token is refused inside a 200.',
    plant: refusingCalls(() => ({ error: { code: -32_001, message: 'UNAUTHENTICATED' } })),
  },
  'unknown-tool-before-auth': {
    about: 'A call of an unknown tool is answered before the token is looked at.',
    plant: refusingCalls((called, system) =>
      isTool(called, system)
        ? undefined
        : { error: { code: -32_602, message: `Unknown tool: ${called}` } },
    ),
  },
  'unknown-tool-as-result': {
    about: 'A result says, before the token is looked at, that there is no such tool.',
    plant: refusingCalls((called, system) =>
      isTool(called, system)
        ? undefined
        : { result: { content: [{ type: 'text', text: `Unknown tool: ${called}` }] } },
    ),
  },
  'login-redirect-on-get': {
    about: 'A GET without credentials is sent to a login page.',
    plant: redirecting((request) => request.method === 'GET'),
  },
  'page-redirect-on-get': {
    about: 'A GET without credentials is sent to a page that is no login.',
    plant: redirecting(
      (request) => request.method === 'GET',
      () => '/welcome',
    ),
  },
  'slash-redirect-on-get': {
    about: 'A GET without credentials is sent to the same path with a slash.',
    plant: redirecting(
      (request) => request.method === 'GET',
      (path) => `${path}/`,
    ),
  },
  'login-redirect-for-html': {
    about: 'A POST without credentials that takes HTML is sent to a login page.',
    plant: redirecting(
      ({ method, headers }) => method === 'POST' && /text\/html/.test(headers.accept ?? ''),
    ),
  },
}

function isMalformed(line: string | undefined): boolean {
  return line !== undefined && /^bearer(?: +\S+ +\S+)?$/i.test(line)
}

const identityHeaders = ['x-user-id', 'x-forwarded-user', 'x-auth-request-email', 'x-roles']
const identityMembers = ['userId', 'scope', 'access_token', 'authorization']

function isHandshake({ body }: Request): boolean {
  return ['initialize', 'server/discover'].includes(String(methodOf(body)))
}

/** Nothing in the request could be taken for a credential or a name, wherever one might look. */
function isBare(request: Request): boolean {
  const { headers, query } = request
  const meta = metaOf(request)
  return (
    headers.authorization === undefined &&
    headers.cookie === undefined &&
    Object.keys(query).length === 0 &&
    identityHeaders.every((name) => headers[name] === undefined) &&
    identityMembers.every((name) => meta[name] === undefined) &&
    !request.is('application/x-www-form-urlencoded')
  )
}

/** A call that is refused gets such an answer under 200, if there is one for its tool. */
function refusingCalls(
  answerFor: (tool: string, system: System) => object | undefined,
): Fault['plant'] {
  return (rules) => ({
    frontLayers: (config) => [peekBody, ...rules.frontLayers(config)],
    answerRefusal: (refusal, verifier, request) => {
      const answer = rules.answerRefusal(refusal, verifier, request)
      const tool = calledTool(request.body)
      const inside = tool === undefined ? undefined : answerFor(tool, verifier.config.system)
      const credentials = refusal.kind === 'missing' || refusal.kind === 'invalid'
      if (inside === undefined || !credentials) return answer
      const id = isRecord(request.body) ? request.body['id'] : null
      return { status: 200, headers: {}, body: { jsonrpc: '2.0', id, ...inside } }
    },
  })
}

function isTool(called: string, { tools }: System): boolean {
  return tools.some(({ name }) => name === called)
}

function redirecting(
  matches: (request: Request) => boolean,
  to = (_path: string): string => '/login',
): Fault['plant'] {
  return (rules) => ({
    frontLayers: (config) => [
      redirectFrom(new URL(config.resource).pathname, matches, to),
      ...rules.frontLayers(config),
    ],
  })
}

function redirectFrom(
  path: string,
  matches: (request: Request) => boolean,
  to: (path: string) => string,
): RequestHandler {
  return (request, response, next) => {
    const anonymous = request.headers.authorization === undefined && request.path === path
    if (anonymous && matches(request)) return response.redirect(to(path))
    next()
  }
}
