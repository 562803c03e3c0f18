import { syncBuiltinESMExports } from 'node:module'
import { http, passthrough } from 'msw'
import { setupServer } from 'msw/node'
import { forwardRequest } from './forward-request.ts'
import { guardConnections, takeHttp2Sessions } from './guard-connections.ts'
import { readInterceptRoutes } from './intercept-routes.ts'

/*
 * `node --import mcp-auth-conformance/intercept server.js`: what this process asks of a vendor's host
 * goes to the running mock, so that a server that is hard-wired to the vendor needs no change. Every
 * other host but this machine is refused. It holds no keys and no state. msw takes fetch and
 * node:http(s), and does not see HTTP/2; that is taken beside it. `readInterceptRoutes` tells the
 * variables.
 */
const routes = readInterceptRoutes(process.env)

/** An error with what to do about it, also on stderr, because servers swallow errors. */
function refuse(host: string): Error {
  const why = routes.mockOf(host)
    ? 'a mock plays it, but takes from fetch, node:http, node:https and node:http2 only'
    : 'it is neither this machine nor the host of a mock. Name it in MCP_AUTH_MOCK_HOSTS, or let it through with MCP_AUTH_ALLOW_HOSTS'
  return said(`${host} was refused: ${why}`)
}

function said(message: string): Error {
  const whole = `mcp-auth-conformance/intercept: ${message}`
  process.stderr.write(`${whole}\n`)
  return Object.assign(new Error(whole), { code: 'ERR_INTERCEPTED' })
}

// a proxy would carry out what is to stay here
for (const name of Object.keys(process.env)) {
  if (/^(https?|all)_proxy$/i.test(name)) delete process.env[name]
}
guardConnections(routes, refuse)
takeHttp2Sessions(routes)
setupServer(
  http.all('*', async ({ request }) => {
    const mock = routes.mockOf(new URL(request.url).hostname)
    if (!mock) return passthrough()
    try {
      return await forwardRequest(request, mock)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ECONNREFUSED') said(`no mock answers at ${mock.origin}`)
      return Response.error()
    }
  }),
).listen({ onUnhandledRequest: 'bypass' })
// for programs that say `import { request } from 'node:https'`
syncBuiltinESMExports()
