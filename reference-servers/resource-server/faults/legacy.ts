import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { isRecord } from '../key-set.ts'
import type { LegacyPaths, System } from '../system.ts'
import type { Fault } from './fault.ts'
import { methodOf, peekBody } from './peek-body.ts'

/** What an upgrade left behind: the transport of 2024-11-05, with streams of its own. */
export const legacyFaults: Record<string, Fault> = {
  'legacy-sse-unguarded': {
    about: 'The older stream endpoint is still mounted, in front of the guard.',
    plant: (rules) => ({
      frontLayers: (config) => [legacyTransport(config.system), ...rules.frontLayers(config)],
    }),
  },
}

const usual: LegacyPaths = { stream: '/sse', messages: '/messages' }

/** GET names the endpoint for messages; what is posted there is answered on the stream. */
function legacyTransport({ name, legacy: paths = usual }: System): RequestHandler {
  const streams = new Map<unknown, Response>()
  return async (request, response, next) => {
    if (request.method === 'GET' && request.path === paths.stream) {
      return openStream(response, streams, paths)
    }
    const stream = streams.get(request.query['sessionId'])
    const posted = request.method === 'POST' && request.path === paths.messages
    if (!posted || stream === undefined) return next()
    await peekBody(request, response, () => answerOn(stream, request, response, name))
  }
}

function openStream(
  response: Response,
  streams: Map<unknown, Response>,
  { messages }: LegacyPaths,
): void {
  const id = randomUUID()
  streams.set(id, response)
  response.on('close', () => streams.delete(id))
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  response.write(`event: endpoint\ndata: ${messages}?sessionId=${id}\n\n`)
}

function answerOn(stream: Response, request: Request, response: Response, name: string): void {
  response.status(202).end()
  if (methodOf(request.body) !== 'initialize') return
  const result = {
    protocolVersion: '2024-11-05',
    capabilities: { tools: {} },
    serverInfo: { name, version: '1.0.0' },
  }
  const id = isRecord(request.body) ? request.body['id'] : null
  stream.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
}
