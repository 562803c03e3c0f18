import type { Response } from 'express'
import { isRecord } from './key-set.ts'

const versionKey = 'io.modelcontextprotocol/protocolVersion'

/** Does the request speak the stateless wire? By its header, else by what the message says. */
export function isStateless(version: string | undefined, body: unknown): boolean {
  if (version !== undefined && version >= '2026-07-28') return true
  const params = isRecord(body) ? body['params'] : undefined
  const meta = isRecord(params) ? params['_meta'] : undefined
  return isRecord(meta) && versionKey in meta
}

/** An error that belongs to no message, in the form of the transport. */
export function answerRpcError(
  response: Response,
  status: number,
  code: number,
  message: string,
): void {
  response.status(status).json({ jsonrpc: '2.0', error: { code, message }, id: null })
}
