import * as oauth from 'oauth4webapi'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from '../steps/context.ts'
import type { RunContext } from '../steps/context.ts'
import { discoverResource } from '../steps/discover-resource.ts'
import { discoverIssuer } from '../steps/discover-servers.ts'
import type { Visit } from '../steps/page-evidence.ts'
import type { ProbeState } from '../steps/probe-state.ts'
import { recordingFetch } from './recording-fetch.ts'
import { openAgent, redirectUri } from './open-agent.ts'
import type { Page, UserAgent } from './user-agent.ts'

/** What a login asks for. */
export interface AuthorizationOrder {
  scope?: string
  /** Asks for offline_access as well, where the issuer has that scope. */
  offline?: boolean
  resource?: string
}

/** An OAuth client as a native MCP client is one: public, PKCE, a loopback redirect (RFC 8252). */
export class LoginClient {
  readonly #state: ProbeState
  readonly #run: RunContext
  /** Round trips since they were last taken. */
  #roundTrips: number[] = []
  #screenshots: Uint8Array[] = []
  #server: oauth.AuthorizationServer | null = null
  /** As the server's metadata names it. */
  #resource: string | null = null
  #client: oauth.Client | null = null
  #agent: UserAgent | null = null
  #asked: { verifier: string; state: string; resource: string } | null = null
  #callback: Record<string, string> | null = null
  #refreshToken: string | null = null

  constructor(state: ProbeState) {
    this.#state = state
    this.#run = state.run
  }

  takeRoundTrips(): number[] {
    return this.#roundTrips.splice(0)
  }

  /** The way of the browser since it was last taken. */
  takeVisit(): Visit {
    return { roundTrips: this.takeRoundTrips(), screenshots: this.#screenshots.splice(0) }
  }

  /** The metadata of the first issuer that the resource lists (RFC 9728 section 5, RFC 8414). */
  async server(): Promise<oauth.AuthorizationServer> {
    if (this.#server) return this.#server
    const { taken, document } = await discoverResource({}, this.#state)
    this.#roundTrips.push(...taken.roundTrips)
    const listed = document?.['authorization_servers']
    const issuer = Array.isArray(listed) ? listed[0] : undefined
    if (typeof issuer !== 'string') {
      throw new CannotTake('assume', 'nothing says which issuer gives tokens for this resource')
    }
    const { json, roundTrips } = await discoverIssuer(issuer, this.#state)
    this.#roundTrips.push(...roundTrips)
    if (!isObject(json['document'])) {
      throw new CannotTake('assume', `the issuer ${issuer} has no metadata`)
    }
    this.#resource = typeof document?.['resource'] === 'string' ? document['resource'] : null
    this.#server = json['document'] as unknown as oauth.AuthorizationServer
    return this.#server
  }

  /**
   * Registers as RFC 7591 says; where the issuer takes no clients, or the server only listed ones,
   * goes on as the client that the tester holds.
   */
  async register(): Promise<{ registered: boolean; client: oauth.Client }> {
    const server = await this.server()
    const { id, secret, listed } = clientFacts(this.#run.facts)
    if (server.registration_endpoint === undefined || listed) {
      if (id === null) {
        throw new CannotTake('assume', 'the issuer registers no clients, and none was declared')
      }
      this.#client = { client_id: id, ...(secret === null ? {} : { client_secret: secret }) }
      return { registered: false, client: this.#client }
    }
    const wanted = {
      client_name: 'MCP authorization conformance',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
    const answer = await oauth.dynamicClientRegistrationRequest(server, wanted, this.#options())
    const client = await oauth.processDynamicClientRegistrationResponse(answer)
    if (typeof client.client_secret === 'string') {
      this.#run.register(client.client_secret, 'client_secret')
    }
    this.#client = client
    return { registered: true, client }
  }

  /** Opens the page at which the login begins (RFC 6749 section 4.1.1, RFC 7636, RFC 8707). */
  async authorize(order: AuthorizationOrder): Promise<Page> {
    const server = await this.server()
    const client = this.#client ?? (await this.register()).client
    if (server.authorization_endpoint === undefined) {
      throw new CannotTake('broken', 'the issuer names no authorization endpoint')
    }
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    this.#run.register(verifier, 'code_verifier')
    const resource = order.resource ?? this.#resource ?? this.#run.targetUrl
    const offers = server.scopes_supported?.includes('offline_access') === true
    const offline = order.offline === true && offers ? ['offline_access'] : []
    const scopes = [...(order.scope?.split(' ') ?? []), ...offline].filter(Boolean).join(' ')
    const url = new URL(server.authorization_endpoint)
    const parameters = {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      resource,
      ...(scopes === '' ? {} : { scope: scopes }),
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    this.#asked = { verifier, state, resource }
    return (await this.visit(url.href)).page
  }

  /** Opens a page in a browser without a past. */
  async visit(url: string): Promise<{ agent: UserAgent; page: Page }> {
    await this.#agent?.close()
    this.#agent = await openAgent(this.#run, this.#roundTrips)
    return { agent: this.agent(), page: this.#arrived(await this.#agent.visit(url)) }
  }

  /** The browser of the login that goes on. */
  agent(): UserAgent {
    if (!this.#agent) throw new CannotTake('broken', 'no login was begun')
    const agent = this.#agent
    return {
      visit: async (url) => this.#arrived(await agent.visit(url)),
      submit: async (order) => this.#arrived(await agent.submit(order)),
      close: () => agent.close(),
    }
  }

  /** Redeems the code with which the browser came back. */
  async redeem(): Promise<Response> {
    const asked = this.#asked
    if (!asked || !this.#callback) {
      throw new CannotTake('broken', 'the browser did not come back with a code')
    }
    const { server, client, authentication } = await this.#holder()
    const back = new URLSearchParams(this.#callback)
    const valid = oauth.validateAuthResponse(server, client, back, asked.state)
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      valid,
      redirectUri,
      asked.verifier,
      { ...this.#options(), additionalParameters: { resource: asked.resource } },
    )
    return this.#keep(answer)
  }

  /** Uses the latest refresh token (RFC 6749 section 6). */
  async refresh(): Promise<Response> {
    const { server, client, authentication } = await this.#holder()
    if (this.#refreshToken === null) {
      throw new CannotTake('assume', 'the issuer gave no refresh token')
    }
    const resource = this.#asked?.resource
    const answer = await oauth.refreshTokenGrantRequest(
      server,
      client,
      authentication,
      this.#refreshToken,
      {
        ...this.#options(),
        ...(resource === undefined ? {} : { additionalParameters: { resource } }),
      },
    )
    return this.#keep(answer)
  }

  async close(): Promise<void> {
    await this.#agent?.close()
  }

  async #holder(): Promise<{
    server: oauth.AuthorizationServer
    client: oauth.Client
    authentication: oauth.ClientAuth
  }> {
    const server = await this.server()
    const client = this.#client ?? (await this.register()).client
    const secret = typeof client.client_secret === 'string' ? client.client_secret : null
    const method = client.token_endpoint_auth_method
    const authentication =
      secret === null || method === 'none'
        ? oauth.None()
        : method === 'client_secret_post'
          ? oauth.ClientSecretPost(secret)
          : oauth.ClientSecretBasic(secret)
    return { server, client, authentication }
  }

  /** Tokens are secrets from the moment they are seen. */
  async #keep(answer: Response): Promise<Response> {
    const body: unknown = await answer
      .clone()
      .json()
      .catch(() => null)
    if (!isObject(body)) return answer
    if (typeof body['access_token'] === 'string') {
      this.#run.register(body['access_token'], 'access_token')
    }
    if (typeof body['refresh_token'] === 'string') {
      this.#refreshToken = body['refresh_token']
      this.#run.register(this.#refreshToken, 'refresh_token')
    }
    return answer
  }

  #arrived(page: Page): Page {
    this.#callback = page.callback
    this.#screenshots.push(...(page.screenshots ?? []))
    const code = page.callback?.['code']
    if (code !== undefined) this.#run.register(code, 'code')
    return page
  }

  #options() {
    const record = recordingFetch(this.#run, this.#roundTrips)
    return {
      [oauth.customFetch]: (url: string, init: object) => record(url, init),
      // loopback has no certificates
      [oauth.allowInsecureRequests]: true as const,
    }
  }
}

function facts(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

/** The client that the tester declared, or whom the mock issuer knows. */
export interface HeldClient {
  id: string | null
  secret: string | null
  /** Only clients of a list may call the server. */
  listed: boolean
}

export function clientFacts(all: JsonObject): HeldClient {
  const { id, secret, allowlist } = facts(all['client'])
  return {
    listed: typeof allowlist === 'string' && allowlist !== 'none',
    id: typeof id === 'string' ? id : null,
    secret: typeof secret === 'string' ? secret : null,
  }
}
