import { afterAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  type TestedRequest,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { challengeFaults } from './challenge.ts'
import { metadataFaults } from './metadata.ts'
import { metadataPlaceFaults } from './metadata-places.ts'
import { refusalStatusFaults } from './refusal-status.ts'
import { encode, proof, seeBoth, status, type Proof } from './proof.ts'

afterAll(closeTestedServers)

/** The first match of a pattern in challenge and body of a refusal. */
function seen(pattern: RegExp, request: TestedRequest = { token: null }): Proof['probe'] {
  return async (server) => {
    const { challenge, text } = await server.send(request)
    return pattern.exec(`${challenge} ${text}`)?.[0]
  }
}

const bad = { token: 'bad' }
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'none' } }
const path = '/.well-known/oauth-protected-resource/mcp'
const root = '/.well-known/oauth-protected-resource'
const forwarded = { 'X-Forwarded-Host': 'evil.example' }
const document = { method: 'GET', path, token: null }
const unsigned = literalText({ alg: 'none' }, { iss: 'https://x", injected="x' })

const proofs: Record<string, Proof> = {
  'challenge-invented-scheme': proof(seen(/^\w+/), 'Bearer', 'McpAuth'),
  'challenge-bare-scheme': proof(seen(/^Bearer (?={)/, bad), undefined, 'Bearer '),
  'challenge-joined-with-spaces': proof(seen(/mcp"., |mcp" /), undefined, 'mcp" '),
  'challenge-unquoted-realm': proof(seen(/realm=./), undefined, 'realm=m'),
  'challenge-unquoted-url': proof(seen(/metadata=./), 'metadata="', 'metadata=h'),
  'challenge-scopes-with-comma': proof(
    seen(/scope="[^"]*/),
    'scope="mcp:read',
    'scope="mcp:read,mcp:write',
  ),
  'challenge-scope-twice': proof(seen(/scope=.*scope=/), undefined, 'scope="mcp:read", scope='),
  'challenge-scope-empty': proof(seen(/scope=""/), undefined, 'scope=""'),
  'challenge-without-scope': proof(seen(/scope=/), 'scope=', undefined),
  'challenge-without-metadata': proof(seen(/metadata=/), 'metadata=', undefined),
  'metadata-parameter-on-missing-token-only': proof(seen(/metadata=/, bad), 'metadata=', undefined),
  'error-without-credentials': proof(seen(/error=/), undefined, 'error='),
  'challenge-without-error': proof(seen(/error=/, bad), 'error=', undefined),
  'invalid-token-as-invalid-request': proof(
    seen(/error="\w+/, bad),
    'error="invalid_token',
    'error="invalid_request',
  ),
  'invalid-token-as-insufficient-scope': proof(
    seen(/error="\w+/, bad),
    'error="invalid_token',
    'error="insufficient_scope',
  ),
  'challenge-on-missing-token-only': proof(seen(/Bearer/, bad), 'Bearer', undefined),
  'debug-tracebacks': proof(seen(/ at /), undefined, ' at '),
  'error-body-echoes-token': proof(seen(/Bearer bad/, bad), undefined, 'Bearer bad'),
  'challenge-shorter-for-odd-claims': proof(
    seen(/error_description="/, { token: unsigned }),
    'error_description="',
    undefined,
  ),
  'error-description-echoes-claims': proof(
    seen(/injected=/, { token: unsigned }),
    undefined,
    'injected=',
  ),

  'missing-token-400': proof(status({ token: null }), 401, 400),
  'version-before-token': proof(seen(/"Unsupported version"/), undefined, '"Unsupported version"'),
  'guest-without-token': proof(status({ token: null }), 401, 200),
  'malformed-header-crashes': proof(status({ token: 'a b' }), 400, 500),
  'malformed-header-403': proof(status({ token: 'a b' }), 400, 403),
  'malformed-header-401': proof(status({ token: 'a b' }), 400, 401),
  'opaque-token-crashes': proof(status({ token: 'q7Jd0XwVb3NfTz5LhRk8CeYu1MsPa6Gi' }), 401, 500),
  'refusal-inside-200': proof(status({ ...bad, body: call }), 401, 200),
  'unknown-tool-before-auth': proof(
    seen(/Unknown tool/, { ...bad, body: call }),
    undefined,
    'Unknown tool',
  ),
  'unknown-tool-as-result': proof(
    seen(/"result".*Unknown tool/, { ...bad, body: call }),
    undefined,
    '"result":{"content":[{"type":"text","text":"Unknown tool',
  ),
  'login-redirect-on-get': proof(status({ method: 'GET', token: null }), 401, 302),
  'page-redirect-on-get': proof(status({ method: 'GET', token: null }), 401, 302),
  'slash-redirect-on-get': proof(status({ method: 'GET', token: null }), 401, 302),
  'login-redirect-for-html': proof(
    status({ token: null, headers: { Accept: 'text/html' } }),
    401,
    302,
  ),

  'no-metadata': proof(status(document), 200, 404),
  'metadata-url-dead': proof(seen(/\/mcp\/.well-known/), undefined, '/mcp/.well-known'),
  'metadata-url-relative': proof(seen(/metadata="\//), undefined, 'metadata="/'),
  'metadata-url-is-resource': proof(
    seen(/metadata="https:..mcp.example.mcp"/),
    undefined,
    'metadata="https://mcp.example/mcp"',
  ),
  'metadata-behind-auth': proof(status(document), 200, 401),
  'metadata-spa-fallback': proof(seen(/<title>/, document), undefined, '<title>'),
  'metadata-as-text': proof(
    contentType,
    'application/json; charset=utf-8',
    'text/plain; charset=utf-8',
  ),
  'metadata-root-guarded': proof(status({ ...document, path: root }), 200, 401),
  'metadata-root-only': proof(status(document), 200, 404),
  'metadata-appended': proof(status({ ...document, path: `/mcp${root}` }), 401, 200),
  'only-root-metadata-foreign': proof(
    seen(/mcp.example.other/, { ...document, path: root }),
    undefined,
    'mcp.example/other',
  ),
  'prm-resource-is-origin': proof(
    seen(/mcp.example"/, { ...document, path: root }),
    undefined,
    'mcp.example"',
  ),
  'challenge-offline-access': proof(seen(/offline_access/), undefined, 'offline_access'),
  'forwarded-host-trusted': proof(
    seen(/evil.example/, { token: null, headers: forwarded }),
    undefined,
    'evil.example',
  ),
  'forwarded-host-cached': proof(
    async (server) => {
      await server.send({ ...document, headers: forwarded })
      const clean = seen(/evil.example/, document)
      return [await clean(server), await clean(server)]
    },
    [undefined, undefined],
    ['evil.example', undefined],
  ),
  'metadata-behind-redirect': proof(status(document), 200, 302),
  'metadata-root-guarded-unnamed': proof(status({ ...document, path: root }), 200, 401),
  'metadata-detour': proof(status({ ...document, path: '/processor/metadata' }), 401, 200),
  'metadata-behind-login': proof(status(document), 200, 302),
  'metadata-elsewhere': proof(status({ ...document, path: '/metadata' }), 401, 200),
  'root-metadata-advertised-foreign': proof(
    seen(/protected-resource"/),
    undefined,
    'protected-resource"',
  ),
}

async function contentType(server: TestedServer): Promise<unknown> {
  return (await server.send(document)).headers.get('content-type')
}

function literalText(header: unknown, claims: unknown): string {
  return `${encode(header)}.${encode(claims)}.`
}

describe.each(
  Object.keys({
    ...challengeFaults,
    ...refusalStatusFaults,
    ...metadataFaults,
    ...metadataPlaceFaults,
  }),
)('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
