import { serveIssuer, type ServedIssuer } from '../../mocks/serve-issuer.ts'
import { providers } from '../../mocks/providers.ts'
import type { MintOrder } from '../../mocks/tester-powers.ts'
import {
  initialize,
  type Answer,
  type TestedRequest,
} from '../../reference-servers/local-rsa/tested-server.ts'
import { scalekitGreeting } from '../../reference-servers/scalekit-greeting/server.ts'

// For tests alone: scalekit-greeting, and the mock of the environment that it trusts.

/** The Server URL of every tested server, whatever its port. */
export const serverUrl = 'https://greeting.example'

export const metadata: Record<string, unknown> = {
  bearer_methods_supported: ['header'],
  resource: serverUrl,
  resource_documentation: `${serverUrl}/docs`,
  scopes_supported: ['usr:read'],
}

export interface GreetingSystem {
  url: string
  issuer: ServedIssuer
  mint(order?: MintOrder): string
  send(request?: TestedRequest): Promise<Answer>
}

/** What the server reads of an environment, with the deviations of a test. */
export function greetingVariables(
  issuer: ServedIssuer,
  env: Record<string, string> = {},
): Record<string, string> {
  const resource = `${issuer.url}/resources/${issuer.profile.params['resource']}`
  return {
    ...providers['scalekit']?.environment(issuer),
    PORT: '0',
    EXPECTED_AUDIENCE: serverUrl,
    PROTECTED_RESOURCE_METADATA: JSON.stringify({ ...metadata, authorization_servers: [resource] }),
    RATE_LIMIT: '1000',
    ALLOWED_ORIGINS: 'https://client.example',
    KEY_COOLDOWN_MS: '0',
    KEY_MAX_AGE_MS: '60000',
    ...env,
  }
}

const running: { close(): Promise<void> }[] = []

export async function startIssuer(): Promise<ServedIssuer> {
  const profile = await providers['scalekit']?.profile()
  const issuer = await serveIssuer(profile === undefined ? {} : { profile })
  running.push(issuer)
  return issuer
}

export async function startGreeting(env: Record<string, string> = {}): Promise<GreetingSystem> {
  const issuer = await startIssuer()
  const server = await scalekitGreeting.start(greetingVariables(issuer, env))
  running.push(server)
  const good: MintOrder = {
    user: issuer.users.a.subject,
    audience: [serverUrl],
    scopes: ['usr:read'],
  }
  const mint = (order: MintOrder = {}): string => issuer.mint({ ...good, ...order })
  return { url: server.url, issuer, mint, send: (request) => send(server.url, mint, request) }
}

export async function closeGreetings(): Promise<void> {
  await Promise.all(running.splice(0).map((each) => each.close()))
}

async function send(
  url: string,
  mint: () => string,
  { method = 'POST', path = '/', token, headers, body }: TestedRequest = {},
): Promise<Answer> {
  const bearer = token === undefined ? mint() : token
  const response = await fetch(new URL(path, url), {
    method,
    redirect: 'manual',
    headers: {
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(body ?? initialize) } : {}),
  })
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get('www-authenticate') ?? '',
    text: await response.text(),
  }
}
