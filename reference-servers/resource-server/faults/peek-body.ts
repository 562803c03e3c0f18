import type { Request, RequestHandler } from 'express'
import { isRecord } from '../key-set.ts'

const mostBytes = 8 * 1024 * 1024

/** Reads the body before anybody has decided whether the caller may send one. */
export const peekBody: RequestHandler = async (request, _response, next) => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes <= mostBytes) chunks.push(chunk as Buffer)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  request.body = request.is('application/x-www-form-urlencoded')
    ? Object.fromEntries(new URLSearchParams(text))
    : parse(text)
  next()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `params._meta` of a message that was peeked at. */
export function metaOf(request: Request): Record<string, unknown> {
  const params = isRecord(request.body) ? request.body['params'] : undefined
  const meta = isRecord(params) ? params['_meta'] : undefined
  return isRecord(meta) ? meta : {}
}

/** The tool that a message calls, if it calls one. */
export function calledTool(message: unknown): string | undefined {
  if (!isRecord(message) || message['method'] !== 'tools/call') return undefined
  const params = message['params']
  const name = isRecord(params) ? params['name'] : undefined
  return typeof name === 'string' ? name : undefined
}

/** The arguments of the tool call that a message is. */
export function argumentsOf(message: unknown): Record<string, unknown> {
  const params = isRecord(message) ? message['params'] : undefined
  const values = isRecord(params) ? params['arguments'] : undefined
  return isRecord(values) ? values : {}
}

/** The method of a message, undefined for responses, batches and what is no message. */
export function methodOf(message: unknown): unknown {
  return isRecord(message) ? message['method'] : undefined
}
