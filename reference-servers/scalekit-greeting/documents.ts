import express, { type RequestHandler } from 'express'

/** What the server offers beside MCP, for people and for programs; both need a token. */
export function serveDocuments(endpoint: string): RequestHandler {
  const description = describeApi(endpoint)
  const router = express.Router()
  router.get('/openapi.json', (_request, response) => {
    response.json(description)
  })
  router.get('/docs', (_request, response) => {
    const rows = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(
        ([method, { summary }]) => `<li><code>${method.toUpperCase()} ${path}</code> ${summary}`,
      ),
    )
    response.type('html').send(page(rows.join('\n')))
  })
  return router
}

type Operations = Record<string, { summary: string; responses: Record<string, object> }>

function describeApi(endpoint: string): { paths: Record<string, Operations> } {
  const operation = (summary: string): Operations[string] => ({
    summary,
    responses: { 200: { description: 'OK' } },
  })
  const description = {
    openapi: '3.1.0',
    info: { title: 'Greeting MCP', version: '1.0.0' },
    paths: {
      [endpoint]: { post: operation('MCP, Streamable HTTP; needs a bearer token.') },
      '/health': { get: operation('Says that the server is there.') },
      '/.well-known/oauth-protected-resource': {
        get: operation('Protected resource metadata (RFC 9728).'),
      },
    },
  }
  return description
}

const page = (rows: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Greeting MCP</title>
<h1>Greeting MCP</h1>
<ul>
${rows}
</ul>
</html>
`
