import { syncBuiltinESMExports } from 'node:module'
import { http, HttpResponse, passthrough } from 'msw'
import { setupServer } from 'msw/node'

/*
 * `node --import mcp-auth-conformance/intercept server.js`: requests of this process for a vendor's
 * host go to the running mock, so that a server that is hard-wired to the vendor needs no change. It
 * holds no keys and no state. HTTP/2 is not seen: what speaks it is given the mock's own address.
 *
 * MCP_AUTH_MOCK_URL     where the mock listens, http://127.0.0.1:4000
 * MCP_AUTH_MOCK_HOSTS   further hosts that are the mock's, with commas between; `*.` stands for one label or more
 * MCP_AUTH_ALLOW_HOSTS  outside hosts that may be reached
 */
const vendors = [
  '*.auth0.com',
  '*.clerk.accounts.dev',
  '*.accounts.dev',
  'api.clerk.com',
  '*.scalekit.dev',
  '*.scalekit.com',
  '*.scalekit.cloud',
]

const mock = process.env['MCP_AUTH_MOCK_URL'] ?? ''
if (!URL.canParse(mock)) {
  throw new Error(
    `MCP_AUTH_MOCK_URL is ${mock === '' ? 'not set' : `"${mock}"`}. Allowed: the address of a running mock, as in http://127.0.0.1:4000; start one with: mcp-auth-conformance issuer auth0`,
  )
}
const taken = [...vendors, ...listOf('MCP_AUTH_MOCK_HOSTS')]
const allowed = [...listOf('MCP_AUTH_ALLOW_HOSTS'), ...proxiesOf(process.env)]

setupServer(
  http.all('*', async ({ request }) => {
    const url = new URL(request.url)
    if (isLoopback(url.hostname) || isOneOf(allowed, url.hostname)) return passthrough()
    if (isOneOf(taken, url.hostname)) return forward(request, url)
    process.stderr.write(
      `mcp-auth-conformance/intercept: ${request.method} ${url.origin} was refused: it is neither this machine nor a host of the mock. Name it in MCP_AUTH_MOCK_HOSTS, or let it through with MCP_AUTH_ALLOW_HOSTS.\n`,
    )
    return HttpResponse.error()
  }),
).listen({ onUnhandledRequest: 'bypass' })
// for programs that say `import { request } from 'node:https'`
syncBuiltinESMExports()

/** The mock knows by `x-forwarded-host` which host was meant. */
async function forward(request: Request, url: URL): Promise<Response> {
  const headers = new Headers(request.headers)
  headers.set('x-forwarded-host', url.host)
  headers.delete('host')
  const body = ['GET', 'HEAD'].includes(request.method) ? null : await request.arrayBuffer()
  const answer = await fetch(new URL(url.pathname + url.search, mock), {
    method: request.method,
    headers,
    body,
    redirect: 'manual',
  })
  return new HttpResponse(await answer.arrayBuffer(), {
    status: answer.status,
    headers: withoutFraming(answer.headers),
  })
}

function withoutFraming(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection']) {
    kept.delete(name)
  }
  return kept
}

function listOf(name: string): string[] {
  return (process.env[name] ?? '')
    .split(',')
    .flatMap((host) => (host.trim() === '' ? [] : [host.trim()]))
}

function proxiesOf(environment: NodeJS.ProcessEnv): string[] {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy']
  return names.flatMap((name) => {
    const value = environment[name] ?? ''
    return URL.canParse(value) ? [new URL(value).hostname] : []
  })
}

function isOneOf(patterns: string[], host: string): boolean {
  return patterns.some((pattern) =>
    pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern,
  )
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
