import { afterAll, describe, expect, test } from 'vitest'
import {
  closeTestedServers,
  startTestedServer,
  type TestedServer,
} from '../../local-rsa/tested-server.ts'
import { documentFaults } from './document.ts'
import { encode, proof, seeBoth, type Proof } from './proof.ts'

afterAll(closeTestedServers)

const root = '/.well-known/oauth-protected-resource'
const own = `${root}/mcp`

/** A member of the metadata, as JSON; the URL of the issuer is written ISSUER. */
function member(name: string, path = own): Proof['probe'] {
  return async (server: TestedServer) => {
    const { text } = await server.send({ method: 'GET', path, token: null })
    const value = (JSON.parse(text) as Record<string, unknown>)[name]
    return JSON.stringify(value)?.replaceAll(server.issuer.url, 'ISSUER')
  }
}

const resource = (faulty?: string): Proof =>
  proof(member('resource'), '"https://mcp.example/mcp"', faulty)
const issuers = (faulty?: string): Proof =>
  proof(member('authorization_servers'), '["ISSUER"]', faulty)
const scopes = (faulty?: string): Proof => proof(member('scopes_supported'), '["mcp:read"]', faulty)
const methods = (faulty: string): Proof =>
  proof(member('bearer_methods_supported'), '["header"]', faulty)
const added = (name: string, faulty: string): Proof => proof(member(name), undefined, faulty)
/** The claims, or their names, of the signed metadata. */
const signed = (faulty: unknown): Proof =>
  proof(
    async (server) => {
      const [header, payload, signature] = String(await member('signed_metadata')(server)).split(
        '.',
      )
      if (payload === undefined) return undefined
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
      return [
        header === `"${encode({ alg: 'none' })}`,
        signature === '"',
        ...Object.keys(claims)
          .filter((name) => /iss|signed/.test(name))
          .toSorted(),
      ]
    },
    undefined,
    faulty,
  )

const proofs: Record<string, Proof> = {
  'prm-without-resource': resource(),
  'prm-resource-relative': resource('"/mcp"'),
  'prm-resource-other-host': resource('"https://staging.example/mcp"'),
  'resource-origin-only': resource('"https://mcp.example"'),
  'prm-resource-http': resource('"http://notes.example/mcp"'),
  'prm-resource-with-fragment': resource('"https://mcp.example/mcp#notes"'),
  'prm-resource-with-query': resource('"https://mcp.example/mcp?tenant=1"'),
  'resource-slash-drift': resource('"https://mcp.example/mcp/"'),
  'prm-no-issuers': issuers('[]'),
  'prm-issuers-left-out': issuers(),
  'prm-issuer-authorize-endpoint': issuers('["ISSUER/authorize"]'),
  'prm-issuer-metadata-url': issuers('["ISSUER/.well-known/openid-configuration"]'),
  'prm-issuer-http': issuers('["http://issuer.example"]'),
  'prm-issuer-with-query': issuers('["ISSUER?tenant=1"]'),
  'prm-issuer-slash': issuers('["ISSUER/"]'),
  'prm-issuer-unresolvable': issuers('["ISSUER/nowhere"]'),
  'empty-scopes-array': scopes('[]'),
  'prm-without-scopes': scopes(),
  'prm-scopes-joined': scopes('["mcp:read mcp:list"]'),
  'prm-offline-access': scopes('["mcp:read","offline_access"]'),
  'prm-all-scopes': scopes('["mcp:read","mcp:write","mcp:admin"]'),
  'prm-bearer-method-unknown': methods('["header","cookie"]'),
  'prm-bearer-methods-query': methods('["header","body","query"]'),
  'prm-bearer-methods-without-header': methods('["body"]'),
  'prm-bearer-methods-empty': methods('[]'),
  'prm-null-members': added('resource_policy_uri', 'null'),
  'prm-list-as-text': added('authorization_details_types_supported', '"notes"'),
  'prm-boolean-as-text': added('tls_client_certificate_bound_access_tokens', '"false"'),
  'prm-text-as-list': added('resource_documentation', '["https://docs.example/notes"]'),
  'prm-without-name': proof(member('resource_name'), '"Local RSA notes"', undefined),
  'prm-empty-name': proof(member('resource_name'), '"Local RSA notes"', '""'),
  'prm-jwks-uri-http': added('jwks_uri', '"http://keys.example/jwks"'),
  'prm-alg-none': added('resource_signing_alg_values_supported', '["RS256","none"]'),
  'prm-signed-metadata-unsigned': signed([true, true, 'iss']),
  'prm-signed-metadata-without-iss': signed([false, false]),
  'prm-signed-metadata-nested': signed([false, false, 'iss', 'signed_metadata']),
  'prm-issuer-jwks': added('jwks_uri', '"ISSUER/jwks"'),
  'prm-two-issuers-jwks-uri': issuers('["ISSUER","https://mcp.example"]'),
  'prm-issuer-found-late': issuers('["https://mcp.example/as"]'),
  'root-metadata-other-issuer': proof(
    member('authorization_servers', root),
    '["ISSUER"]',
    '["https://other-issuer.example"]',
  ),
  'root-metadata-other-server': proof(
    member('resource', root),
    '"https://mcp.example/mcp"',
    '"https://mcp.example/other"',
  ),
}

test('an issuer is found at the second place, after another one at the first', async () => {
  const server = await startTestedServer({ FAULT: 'prm-issuer-found-late' })
  const issuerAt = async (name: string): Promise<unknown> => {
    const path = `/.well-known/${name}/as`
    return JSON.parse((await server.send({ method: 'GET', path, token: null })).text)
  }
  expect(await issuerAt('oauth-authorization-server')).toEqual({
    issuer: 'https://mcp.example/other',
  })
  expect(await issuerAt('openid-configuration')).toEqual({ issuer: 'https://mcp.example/as' })
})

describe.each(Object.keys(documentFaults))('%s', (fault) => {
  test('shows in one request', async () => {
    const { good, faulty } = proofs[fault] ?? {}
    expect(await seeBoth(fault, proofs[fault] as Proof)).toEqual([good, faulty])
  })
})
