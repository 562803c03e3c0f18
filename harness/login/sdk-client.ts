import {
  UnauthorizedError,
  type OAuthClientProvider,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import { calculatePKCECodeChallenge } from 'oauth4webapi'
import type { JsonObject } from '../protocol/json.ts'
import { userOf } from '../steps/authorize.ts'
import type { ProbeState } from '../steps/probe-state.ts'
import { clientFacts } from './login-client.ts'
import { redirectUri } from './open-agent.ts'
import { recordingFetch } from './recording-fetch.ts'
import { logIn } from './user-agent.ts'

/** Connects, logs user a in when the server asks for it, and lists the tools. */
export async function connectSdk(state: ProbeState, roundTrips: number[]): Promise<JsonObject> {
  const person = new Person(state, roundTrips)
  const fetch = recordingFetch(state.run, roundTrips)
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(state.run.targetUrl), { authProvider: person, fetch })
  const list = async (transport: StreamableHTTPClientTransport): Promise<Tools> => {
    const client = new Client({ name: 'mcp-auth-conformance', version: '1' })
    await client.connect(transport as Parameters<Client['connect']>[0])
    const { tools } = await client.listTools()
    await client.close()
    return tools
  }
  const first = open()
  // a handshake may be public, so the first 401 may come later
  const tools = await list(first).catch(async (error: unknown) => {
    if (!(error instanceof UnauthorizedError) || person.code === null) throw error
    await first.finishAuth(person.code)
    return list(open())
  })
  return {
    tools: tools.map(({ name }) => name),
    scope: person.held?.scope ?? null,
    registered: person.information !== undefined && person.registered,
  }
}

type Tools = Awaited<ReturnType<Client['listTools']>>['tools']

/** What a program with the SDK keeps, and a person at a browser. */
export class Person implements OAuthClientProvider {
  readonly redirectUrl: string = redirectUri
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'MCP authorization conformance (SDK)',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  information: OAuthClientInformationMixed | undefined
  registered = false
  held: OAuthTokens | undefined
  code: string | null = null
  readonly #verifiers: string[] = []
  #verifier = ''
  readonly #state: ProbeState
  readonly #roundTrips: number[]

  constructor(state: ProbeState, roundTrips: number[]) {
    this.#state = state
    this.#roundTrips = roundTrips
    const { id, secret, listed } = clientFacts(state.run.facts)
    if (listed && id !== null) {
      this.information = { client_id: id, ...(secret === null ? {} : { client_secret: secret }) }
    }
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.information
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.registered = true
    this.information = information
    const secret = information.client_secret
    if (secret !== undefined) this.#state.run.register(secret, 'client_secret')
  }

  tokens(): OAuthTokens | undefined {
    return this.held
  }

  saveTokens(tokens: OAuthTokens): void {
    this.held = tokens
    this.#state.run.register(tokens.access_token, 'access_token')
    if (tokens.refresh_token) this.#state.run.register(tokens.refresh_token, 'refresh_token')
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    // a refused stream and a refused call may each begin a login, and the one that ends last counts
    const verifier = await this.#verifierOf(url.searchParams.get('code_challenge'))
    const login = await this.#state.ensureLogin()
    const { agent, page } = await login.visit(url.href)
    const { callback } = await logIn(agent, page, userOf(this.#state, 'a'))
    this.#roundTrips.push(...login.takeRoundTrips())
    this.code = callback?.['code'] ?? null
    this.#verifier = verifier
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifiers.push(verifier)
    this.#state.run.register(verifier, 'code_verifier')
  }

  codeVerifier(): string {
    return this.#verifier
  }

  async #verifierOf(challenge: string | null): Promise<string> {
    for (const each of this.#verifiers)
      if ((await calculatePKCECodeChallenge(each)) === challenge) return each
    return ''
  }
}
