import type { ClerkSettings } from './settings.ts'

interface Operation {
  summary: string
  security?: Record<string, string[]>[]
  responses: Record<string, { description: string }>
}

/** OpenAPI 3.1. */
export interface ApiDescription {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, Record<string, string>> }
}

export function describeApi({ baseUrl, devIssuer }: ClerkSettings): ApiDescription {
  const refused = { '401': { description: 'No access token, or one that does not hold.' } }
  const open = (summary: string, status = '200', description = 'As said.'): Operation => ({
    summary,
    responses: { [status]: { description } },
  })
  const guarded = (summary: string, status = '200'): Operation => ({
    summary,
    security: [{ bearer: [] }],
    responses: { [status]: { description: 'As the MCP transport says.' }, ...refused },
  })
  const toIssuer = (what: string): { get: Operation } => ({
    get: open(`${what} of the Clerk instance`, '307', 'It is with the issuer.'),
  })
  const resource = { get: open('Protected resource metadata (RFC 9728)') }
  return {
    openapi: '3.1.0',
    info: {
      title: 'MCP OAuth Server Example',
      version: '1.0.0',
      description: 'Two tools behind the access tokens of a Clerk instance.',
    },
    servers: [{ url: baseUrl }],
    paths: {
      '/mcp/mcp': {
        post: guarded('MCP, Streamable HTTP'),
        get: guarded('The stream of a session'),
        delete: guarded('Ends a session'),
      },
      '/mcp/sse': { get: guarded('MCP, the transport of 2024-11-05: the stream') },
      '/mcp/messages/': { post: guarded('MCP, the transport of 2024-11-05: messages', '202') },
      '/mcp/health': { get: open('Whether the server runs') },
      '/.well-known/oauth-protected-resource/mcp/mcp': resource,
      '/.well-known/oauth-protected-resource': resource,
      '/.well-known/oauth-authorization-server': toIssuer(
        'Authorization server metadata (RFC 8414)',
      ),
      '/.well-known/openid-configuration': toIssuer('OpenID configuration'),
      ...(devIssuer ? { '/dev/token': { get: open('A token for development') } } : {}),
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

/** The same as a page. All texts are our own but the base URL, which is a URL's origin. */
export function renderApi({ info, servers, paths }: ApiDescription): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { summary, security }]) =>
        `<tr><td>${method.toUpperCase()}<td><code>${path}</code><td>${summary}<td>${security ? 'access token' : ''}`,
    ),
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${info.title}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #ccc }
</style>
<h1>${info.title}</h1>
<p>${info.description} It answers at <code>${servers[0]?.url}</code>; its description for programs is <a href="/openapi.json">openapi.json</a>.</p>
<table>
<tr><th>Method<th>Path<th>What<th>Needs
${rows.join('\n')}
</table>
</html>
`
}
