import { freePort } from '../../harness/target/free-port.ts'
import { bundledServers } from '../../harness/target/bundled.ts'
import { providers } from '../../mocks/providers.ts'
import { scalekitProfile } from '../../mocks/profiles/scalekit.ts'
import type { ScalekitOptions } from '../../mocks/profiles/scalekit.ts'
import { serveIssuer } from '../../mocks/serve-issuer.ts'
import type { ServedIssuer } from '../../mocks/serve-issuer.ts'
import { serveUpstream } from '../../mocks/upstream.ts'
import type { Upstream } from '../../mocks/upstream.ts'
import { byoaTodo } from '../../reference-servers/byoa-todo/server.ts'
import { todoApp } from '../../reference-servers/byoa-todo/todo-app/program.ts'

/** Everything of byoa-todo in this process: the Scalekit mock, the todo app, the MCP server. */
export interface ByoaSystem {
  issuer: ServedIssuer
  /** The endpoint of the MCP server. */
  url: string
  /** The origin of the todo app. */
  appUrl: string
  /** Between the MCP server and the todo app. */
  upstream: Upstream
  close(): Promise<void>
}

const resource = 'res_71300000000000001'
const connection = 'conn_71300000000000002'

export async function startByoa(
  options: { env?: Record<string, string>; profile?: ScalekitOptions } = {},
): Promise<ByoaSystem> {
  const { users } = bundledServers['byoa-todo'] ?? {}
  const issuer = await serveIssuer({
    profile: scalekitProfile(options.profile),
    ...(users ? { users } : {}),
  })
  const port = String(await freePort())
  const env: Record<string, string> = {
    ...providers['scalekit']?.environment(issuer),
    SCALEKIT_CONNECTION_ID: connection,
    TODO_APP_API_KEY: 'key of the test',
    TODO_APP_PORT: '0',
    PORT: port,
    KEY_COOLDOWN_MS: '0',
    FASTMCP_SERVER_AUTH_SCALEKITPROVIDER_BASE_URL: `http://127.0.0.1:${port}`,
    ...options.env,
  }
  const app = await todoApp.start(env)
  const upstream = await serveUpstream({ forwardTo: app.url })
  const server = await byoaTodo.start({ TODO_APP_BASE_URL: upstream.url, ...env })
  issuer.setResource({
    id: resource,
    identifiers: [server.url],
    attributes: { loginUrl: `${app.url}/auth/mcp-login`, connection },
  })
  const close = async (): Promise<void> => {
    await Promise.all([server, upstream, app, issuer].map((each) => each.close()))
  }
  return { issuer, url: server.url, appUrl: app.url, upstream, close }
}

/** A browser at the todo app: cookies, and forms as they are written. */
export class Browser {
  #cookie = ''

  async open(url: string, body?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: this.#cookie },
      ...(body === undefined ? {} : { method: 'POST', body }),
    })
    const [set] = response.headers.getSetCookie()
    if (set !== undefined) this.#cookie = set.split(';')[0] ?? ''
    return response
  }

  /** Fills in the login form at a URL and sends it. */
  async logIn(url: string, username: string, password: string): Promise<Response> {
    const page = await (await this.open(url)).text()
    return this.open(...filledIn(page, url, { username, password }))
  }
}

/** The action of the page's form, and its hidden fields with what is typed. */
export function filledIn(
  page: string,
  at: string,
  typed: Record<string, string>,
): [url: string, body: URLSearchParams] {
  const action = /<form method="post" action="([^"]*)"/.exec(page)?.[1] ?? ''
  const hidden = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
  const fields = [...hidden].map(([, name = '', value = '']) => [name, value])
  const body = new URLSearchParams({ ...Object.fromEntries(fields), ...typed })
  return [new URL(action, at).href, body]
}
