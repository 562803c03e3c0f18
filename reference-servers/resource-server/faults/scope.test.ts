import { afterAll, describe, expect, test } from 'vitest'
import { closeTestedServers, stateless, type TestedServer } from '../../local-rsa/tested-server.ts'
import { proof, seeBoth, type Proof } from './proof.ts'
import { scopeFaults } from './scope.ts'

afterAll(closeTestedServers)

const writing = stateless('tools/call', { name: 'write_note', arguments: { text: 'x' } })
const exporting = stateless('tools/call', { name: 'export_notes', arguments: {} })
const counting = stateless('tools/call', { name: 'count_accounts', arguments: {} })
const readingOfAlice = stateless('tools/call', {
  name: 'read_note',
  arguments: { id: 'note-alice' },
})
const readingTheArchive = {
  headers: { ...stateless('resources/read').headers, 'Mcp-Name': 'notes://archive' },
  body: stateless('resources/read', { uri: 'notes://archive' }).body,
}

type Message = typeof writing

/** The answer to a message with a token of these claims. */
async function ask(server: TestedServer, message: Message, claims: object): Promise<Response> {
  const token = await server.issuer.mint({ claims: { ...claims } })
  const { status, headers, text } = await server.send({ token, ...message })
  return new Response(text, { status, headers })
}

function statusOf(message: Message, claims: object): Proof['probe'] {
  return async (server) => (await ask(server, message, claims)).status
}

/** One parameter of the challenge; null where there is none. */
function parameterOf(name: string, message: Message = writing): Proof['probe'] {
  return async (server) => {
    const { headers } = await ask(server, message, low)
    const challenge = headers.get('www-authenticate') ?? ''
    return new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? null
  }
}

const low = { scope: 'mcp:read' }
const withScope = (scope: string): object => ({ scope: `mcp:read ${scope}` })
const metadata = 'https://mcp.example/.well-known/oauth-protected-resource/mcp'

const proofs: Record<string, Proof> = {
  'skip-scopes': proof(statusOf(counting, { scope: '' }), 403, 200),
  'required-scopes-unchecked': proof(statusOf(stateless('tools/list'), { scope: 'x' }), 403, 200),
  'scope-at-handshake-only': proof(statusOf(writing, low), 403, 200),
  'scope-on-tools-only': proof(statusOf(readingTheArchive, low), 403, 200),
  'hidden-in-listing-only': proof(statusOf(counting, low), 403, 200),
  'object-owner-unchecked': proof(
    async (server) => {
      const answer = await ask(server, readingOfAlice, { sub: 'bob' })
      return (await answer.text()).includes('The own note of alice')
    },
    false,
    true,
  ),
  'scope-searched-as-text': proof(statusOf(writing, withScope('xmcp:write')), 403, 200),
  'scope-case-ignored': proof(statusOf(writing, withScope('MCP:WRITE')), 403, 200),
  'scope-prefix-grants': proof(statusOf(writing, withScope('mcp:writ')), 403, 200),
  'scope-comma-splits': proof(statusOf(writing, withScope('other,mcp:write')), 403, 200),
  'missing-scope-grants-all': proof(statusOf(writing, { scope: undefined }), 403, 200),
  'scope-claims-united': proof(statusOf(writing, { ...low, groups: ['mcp:write'] }), 403, 200),
  'unrelated-claim-crashes': proof(statusOf(writing, { groups: ['x'] }), 200, 500),
  'scope-literal-only': proof(statusOf(writing, withScope('mcp:admin')), 200, 403),
  'scope-miss-is-401': proof(statusOf(writing, low), 403, 401),
  'scope-miss-is-404': proof(statusOf(writing, low), 403, 404),
  'scope-as-tool-error': proof(statusOf(writing, low), 403, 200),
  'forbidden-without-challenge': proof(parameterOf('error'), 'insufficient_scope', null),
  'forbidden-names-base-scopes': proof(parameterOf('scope'), 'mcp:read mcp:write', 'mcp:read'),
  'forbidden-without-metadata': proof(parameterOf('resource_metadata'), metadata, null),
  'forbidden-scope-misnamed': proof(
    parameterOf('scope'),
    'mcp:read mcp:write',
    'mcp:read notes.write',
  ),
  'step-up-in-circles': proof(
    async (server) =>
      (await ask(server, writing, low)).headers.get('www-authenticate')?.includes('error='),
    true,
    false,
  ),
  'scopes-one-by-one': proof(
    parameterOf('scope', exporting),
    'mcp:read mcp:write mcp:export',
    'mcp:write',
  ),
}

describe.each(Object.keys(scopeFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
