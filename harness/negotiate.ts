import { revisions } from './model.ts'
import type { Revision, RoundTrip, Wire } from './model.ts'
import { readMcpAnswer } from './protocol/mcp-answer.ts'
import type { McpAnswer } from './protocol/mcp-answer.ts'
import { isObject } from './protocol/json.ts'
import type { JsonObject } from './protocol/json.ts'
import type { BaseOperation, RunContext } from './steps/context.ts'
import { ProbeState } from './steps/probe-state.ts'
import { paramsOfRole } from './steps/request.ts'
import { isAccepted, send } from './steps/send.ts'

/** What the first exchanges of a run have shown. */
export interface Negotiated {
  revision: Revision
  wire: Wire
  base: BaseOperation
  /** One sentence: how the revision was chosen. */
  sentence: string
  /** Nothing refuses an anonymous caller. */
  openServer: boolean
  /** Why there was no answer at all, where there was none. */
  unreachableBecause: string | null
  /** The first tool that is annotated read-only and takes no argument, where none was declared. */
  safeTool: { name: string } | null
}

export function wireOf(revision: Revision): Wire {
  return revision === '2026-07-28' ? 'stateless' : 'stateful'
}

const handshakeOf = (revision: Revision): BaseOperation => ({
  method: wireOf(revision) === 'stateless' ? 'server/discover' : 'initialize',
})

/** Finds out what the target speaks, and which operation refuses an anonymous caller. */
export async function negotiate(
  run: RunContext,
  wanted: Revision | null,
  holdsToken: boolean,
): Promise<Negotiated> {
  const chosen =
    wanted === null
      ? await chooseRevision(run, holdsToken)
      : { revision: wanted, sentence: `revision ${wanted} was asked for` }
  const { revision } = chosen
  Object.assign(run, { revision, wire: wireOf(revision), base: handshakeOf(revision) })
  const anonymous = await ask(run, { token: 'none' })
  const answered = [...run.rawRoundTrips.values()].some(({ response }) => response !== null)
  const safeTool = answered
    ? (declaredSafeTool(run) ?? (await findSafeTool(run, holdsToken ? 'good' : 'none')))
    : null
  const candidates: BaseOperation[] = [
    { method: 'tools/list' },
    ...(safeTool ? [{ method: 'tools/call', params: callOf(safeTool, run) }] : []),
  ]
  let base = handshakeOf(revision)
  let openServer = false
  if (isAccepted(anonymous)) {
    openServer = true
    for (const candidate of candidates) {
      const request = { ...candidate } as JsonObject
      if (!isRefused(await ask(run, { token: 'none', request }))) continue
      base = candidate
      openServer = false
      break
    }
  }
  return {
    ...chosen,
    wire: wireOf(revision),
    base,
    openServer,
    unreachableBecause: anonymous.failure?.message ?? null,
    safeTool,
  }
}

async function chooseRevision(
  run: RunContext,
  holdsToken: boolean,
): Promise<{ revision: Revision; sentence: string }> {
  const token = holdsToken ? 'good' : 'none'
  Object.assign(run, {
    revision: '2026-07-28',
    wire: 'stateless',
    base: { method: 'server/discover' },
  })
  const stateless = await ask(run, { token })
  if (isAccepted(stateless) && discovered(answerOf(stateless))) {
    return {
      revision: '2026-07-28',
      sentence: 'the server answered server/discover, so it speaks revision 2026-07-28',
    }
  }
  Object.assign(run, { revision: '2025-11-25', wire: 'stateful', base: { method: 'initialize' } })
  const stateful = await ask(run, { token })
  const version = resultOf(answerOf(stateful))?.['protocolVersion']
  const known = revisions.find((revision) => revision === version)
  if (isAccepted(stateful) && known) {
    return { revision: known, sentence: `the server chose revision ${known} at initialize` }
  }
  if (isAccepted(stateful) && typeof version === 'string') {
    // a server could write anything here, the token that it was sent included
    const name = /^\d{4}-\d{2}-\d{2}$/.test(version) ? `revision ${version}` : 'a revision'
    return {
      revision: '2025-11-25',
      sentence: `the server chose ${name}, which is not one that can be judged, so 2025-11-25 is assumed`,
    }
  }
  return {
    revision: '2025-11-25',
    sentence:
      'the revision could not be negotiated without a token that the server accepts, so 2025-11-25 is assumed; give --revision to choose another',
  }
}

/** A server of an older wire may answer anything; the stateless one lists its versions. */
function discovered(answer: McpAnswer | null): boolean {
  const result = resultOf(answer)
  return result !== null && JSON.stringify(result).includes('2026-07-28')
}

function resultOf(answer: McpAnswer | null): JsonObject | null {
  const message = answer?.messages.find((each) => isObject(each) && 'result' in each)
  const result = isObject(message) ? message['result'] : undefined
  return isObject(result) ? result : null
}

function answerOf({ response }: RoundTrip): McpAnswer | null {
  if (!response) return null
  const contentType =
    response.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return readMcpAnswer({ status: response.status, contentType, body: response.body })
}

const noProbe = {
  key: 'opening',
  name: 'opening',
  steps: [],
  tokens: {},
  control: { kind: 'plain' as const },
  when: [],
  means: [],
  writes: false,
  exclusive: false,
  afterRun: false,
}

async function ask(run: RunContext, argument: JsonObject): Promise<RoundTrip> {
  const { answers } = await send(argument, new ProbeState(noProbe, run))
  const trip = run.rawRoundTrips.get(answers[0]?.roundTrip ?? -1)
  if (!trip) throw new Error('an exchange left no round trip')
  return trip
}

/** A tool that fails for other reasons refuses nobody. */
function isRefused({ response }: RoundTrip): boolean {
  return response?.status === 401 || response?.status === 403
}

function declaredSafeTool(run: RunContext): { name: string } | null {
  const tools = run.facts['tool']
  const safe = isObject(tools) ? tools['safe'] : undefined
  return isObject(safe) && typeof safe['name'] === 'string' ? { name: safe['name'] } : null
}

/** With the declared arguments, without which the answer would be about them. */
function callOf({ name }: { name: string }, run: RunContext): JsonObject {
  return declaredSafeTool(run) ? paramsOfRole('tool', 'safe', {}, run) : { name, arguments: {} }
}

async function findSafeTool(run: RunContext, token: string): Promise<{ name: string } | null> {
  const tools = isObject(run.facts['tool']) ? run.facts['tool'] : {}
  if (tools['safe'] === 'none') return null
  const result = resultOf(answerOf(await ask(run, { token, request: { method: 'tools/list' } })))
  const list = Array.isArray(result?.['tools']) ? result['tools'] : []
  for (const tool of list) {
    if (!isObject(tool) || typeof tool['name'] !== 'string') continue
    const annotations = isObject(tool['annotations']) ? tool['annotations'] : {}
    const schema = isObject(tool['inputSchema']) ? tool['inputSchema'] : {}
    const required = Array.isArray(schema['required']) ? schema['required'] : []
    if (annotations['readOnlyHint'] === true && required.length === 0) return { name: tool['name'] }
  }
  return null
}
