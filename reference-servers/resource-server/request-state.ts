import { createHash } from 'node:crypto'
import type { RequestStateCodec } from '@modelcontextprotocol/server'
import type { Principal } from './principal.ts'

/** A call that waits for an answer of its user. */
export interface AskedCall {
  caller: Principal
  /** The name and the arguments of the tool, as they were sent. */
  params: unknown
}

/** What a state says: the arguments that the user was asked about. */
export interface Asked {
  input: Record<string, unknown>
}

export type AskedCodec = RequestStateCodec<Asked>

/**
 * For whom and for what a state was made; under anything else it is refused (MCP 2026-07-28 multi
 * round-trip requests, server requirements).
 */
export function bindRequestState({ caller, params }: AskedCall): string {
  const { name, arguments: input } = (params ?? {}) as Record<string, unknown>
  const call = createHash('sha256')
    .update(JSON.stringify([name, input]))
    .digest('base64url')
  return JSON.stringify([caller.account, call])
}

/** Seconds that a user may take to answer. */
export function requestStateLife({ answerWithin }: { answerWithin: number }): number {
  return answerWithin
}

/** What is handed out is what was sealed. */
export function sealRequestState(sealed: AskedCodec): AskedCodec {
  return sealed
}
