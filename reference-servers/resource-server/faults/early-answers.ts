import type { Request, Response } from 'express'
import type { Config } from '../config.ts'
import { answerRpcError, isStateless } from '../json-rpc.ts'
import { isRecord } from '../key-set.ts'
import type { Rules } from '../rules.ts'
import type { Fault } from './fault.ts'
import { opening } from './gate.ts'
import { methodOf, peekBody } from './peek-body.ts'

/** Returns true when it has answered. */
type Answer = (request: Request, response: Response, config: Config) => boolean

/** What is answered to a request without a token before anybody asks for one. */
export const earlyAnswerFaults: Record<string, Fault> = {
  'notifications-refused-first': {
    about: 'A message without id or method is a bad request, whoever sends it.',
    plant: answeringFirst((request, response) => {
      const stateless = isStateless(request.get('mcp-protocol-version'), request.body)
      if (stateless || !isOneWay(request.body)) return false
      answerRpcError(response, 400, -32_600, 'Invalid request')
      return true
    }),
  },
  'notifications-unguarded': {
    about: 'A message without id or method is taken without a token.',
    plant: answeringFirst(({ body }, response) => {
      if (!isOneWay(body)) return false
      response.status(202).end()
      return true
    }),
  },
  'public-handshake': {
    about: 'The handshake is served without a token, and its last message taken.',
    plant: (rules) => {
      const served = opening(({ body }) => methodOf(body) === 'initialize')(rules)
      return {
        ...served,
        ...answeringFirst((request, response) => {
          const stateless = isStateless(request.get('mcp-protocol-version'), request.body)
          if (stateless || methodOf(request.body) !== 'notifications/initialized') return false
          response.status(202).end()
          return true
        })(rules),
      }
    },
  },
  'stream-unguarded': {
    about: 'A stream opens without a token.',
    plant: answeringFirst((request, response) => {
      const taken = /text\/event-stream/.test(request.get('accept') ?? '')
      const listens = methodOf(request.body) === 'subscriptions/listen'
      if (!listens && !(request.method === 'GET' && taken)) return false
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.flushHeaders()
      return true
    }),
  },
  'delete-session-first': {
    about: 'DELETE of a session that exists is 404 for somebody without a token.',
    plant: (rules) => {
      const sessions = new Set<unknown>()
      return {
        ...answeringFirst(({ method, headers }, response) => {
          if (method !== 'DELETE' || !sessions.has(headers['mcp-session-id'])) return false
          answerRpcError(response, 404, -32_001, 'Session not found')
          return true
        })(rules),
        mayUseSession: (owner, caller, request) => {
          sessions.add(request.headers['mcp-session-id'])
          return rules.mayUseSession(owner, caller, request)
        },
      }
    },
  },
  'verb-405-without-allow': {
    about: 'Verbs that are not served are 405 without Allow.',
    plant: answeringFirst(({ method }, response) => {
      if (!['PUT', 'PATCH', 'HEAD'].includes(method)) return false
      answerRpcError(response, 405, -32_000, 'Method not allowed')
      return true
    }),
  },
  'verb-error-inside-200': {
    about: 'PUT and PATCH are answered with a JSON-RPC error under 200.',
    plant: answeringFirst(({ method }, response) => {
      if (!['PUT', 'PATCH'].includes(method)) return false
      answerRpcError(response, 200, -32_600, 'Invalid request')
      return true
    }),
  },
  'verb-crashes': {
    about: 'PATCH ends in a server error.',
    plant: answeringFirst(({ method }) => {
      if (method === 'PATCH') throw new TypeError('no handler')
      return false
    }),
  },
  'trace-echoes': {
    about: 'TRACE echoes the head of the request.',
    plant: answeringFirst((request, response) => {
      if (request.method !== 'TRACE') return false
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`)
      const head = [`TRACE ${request.originalUrl} HTTP/1.1`, ...lines, '', ''].join('\r\n')
      response.writeHead(200, { 'Content-Type': 'message/http' }).end(head)
      return true
    }),
  },
  'legacy-messages-unguarded': {
    about: 'An older message endpoint lists the tools for everybody.',
    plant: answeringFirst(
      ({ method, body }, response, { system }) => {
        if (method !== 'POST' || methodOf(body) !== 'tools/list') return false
        const listed = system.tools.map(({ name }) => ({ name, inputSchema: { type: 'object' } }))
        const id = isRecord(body) ? body['id'] : null
        response.json({ jsonrpc: '2.0', id, result: { tools: listed } })
        return true
      },
      () => '/messages',
    ),
  },
  'body-before-auth': {
    about: 'The body is read and its method looked up before the token is asked for.',
    plant: answeringFirst((request, response) => {
      const { body } = request
      if (request.method !== 'POST' || !request.is('json')) return false
      if (Number(request.get('content-length')) > 100_000) {
        answerRpcError(response, 413, -32_600, 'Request entity too large')
      } else if (body === undefined) {
        answerRpcError(response, 400, -32_700, 'Parse error')
      } else if (isUnknown(body)) {
        answerRpcError(response, 404, -32_601, 'Method not found')
      } else return false
      return true
    }),
  },
  'body-parser-crashes': {
    about: 'A body that is no JSON ends in a server error.',
    plant: answeringFirst((request) => {
      const isJson = request.method === 'POST' && Boolean(request.is('json'))
      if (isJson && request.body === undefined) throw new SyntaxError('unexpected end')
      return false
    }),
  },
  'unknown-method-inside-200': {
    about: 'An unknown method is answered with a JSON-RPC error under 200.',
    plant: answeringFirst(({ body }, response) => {
      if (!isUnknown(body)) return false
      answerRpcError(response, 200, -32_601, 'Method not found')
      return true
    }),
  },
  'batch-refused-inside-200': {
    about: 'Each call of a batch without a token is refused by a JSON-RPC error under 200.',
    plant: answeringFirst(({ body }, response) => {
      if (!Array.isArray(body)) return false
      const error = { code: -32_001, message: 'Unauthorized' }
      response.json(body.map(({ id }: { id?: unknown }) => ({ jsonrpc: '2.0', id, error })))
      return true
    }),
  },
  'unknown-method-lists-methods': {
    about: 'An unknown method is answered with the known ones.',
    plant: answeringFirst(({ body }, response) => {
      if (!isUnknown(body)) return false
      answerRpcError(
        response,
        404,
        -32_601,
        'Unknown method; known: initialize, tools/list, tools/call',
      )
      return true
    }),
  },
}

/** A layer in front of everything, for requests to the endpoint that carry no Authorization. */
function answeringFirst(
  answer: Answer,
  pathOf = (config: Config): string => new URL(config.resource).pathname,
): (rules: Rules) => Partial<Rules> {
  return (rules) => ({
    frontLayers: (config) => [
      peekBody,
      (request, response, next) => {
        const anonymous = request.headers.authorization === undefined
        if (!anonymous || request.path !== pathOf(config)) return next()
        if (!answer(request, response, config)) next()
      },
      ...rules.frontLayers(config),
    ],
  })
}

/** A notification or a response. */
function isOneWay(body: unknown): boolean {
  const message = isRecord(body) && body['jsonrpc'] === '2.0'
  return message && (body['id'] === undefined || body['method'] === undefined)
}

function isUnknown(body: unknown): boolean {
  const method = methodOf(body)
  const known =
    /^(?:initialize|ping|(?:tools|resources|prompts|server|subscriptions|notifications)\/.+)$/
  return typeof method === 'string' && !known.test(method)
}
