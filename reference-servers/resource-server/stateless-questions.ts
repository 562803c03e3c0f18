import { randomBytes } from 'node:crypto'
import {
  acceptedContent,
  createRequestStateCodec,
  inputRequired,
  type ClientCapabilities,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Config } from './config.ts'
import type { Asked, AskedCall, AskedCodec } from './request-state.ts'
import type { Rules } from './rules.ts'
import {
  PageNeeded,
  say,
  sayWhere,
  type Question,
  type Tool,
  type ToolContext,
  type ToolResult,
} from './system.ts'

/** Seals what was asked, with a key of this process. */
export function sealer(config: Config, rules: Rules): (call: AskedCall) => AskedCodec {
  const key = randomBytes(32)
  return (call) =>
    rules.sealRequestState(
      createRequestStateCodec<Asked>({
        key,
        ttlSeconds: rules.requestStateLife(config),
        bind: () => rules.bindRequestState(call),
      }),
    )
}

/** Sends the user to the page that a tool needs; a client that opens none is told where it is. */
export function sendToPage(
  error: unknown,
  capabilities: ClientCapabilities | undefined,
): ToolResult | InputRequiredResult {
  if (!(error instanceof PageNeeded)) throw error
  if (!capabilities?.elicitation?.url) return sayWhere(error)
  const { message, url } = error
  return inputRequired({ inputRequests: { page: inputRequired.elicitUrl({ message, url }) } })
}

/** Runs a tool once its user has answered its question, with the input that the question was about. */
export async function runAnswered(
  { question, run }: Tool & { question: Question },
  input: Record<string, unknown>,
  { context, request, codec }: { context: ToolContext; request: ServerContext; codec: AskedCodec },
): Promise<ToolResult | InputRequiredResult> {
  const { name, ...form } = question
  const { inputResponses, requestState } = request.mcpReq
  const asked = requestState<Asked>()
  const answer = acceptedContent(inputResponses, name)
  if (asked && answer) return run(asked.input, { ...context, answer })
  if (asked && inputResponses?.[name]) return say('Nothing was done.')
  return inputRequired({
    inputRequests: { [name]: inputRequired.elicit(form) },
    requestState: await codec.mint({ input }, request),
  })
}
