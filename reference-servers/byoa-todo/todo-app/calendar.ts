import { randomUUID } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { Expiring } from './expiring.ts'
import type { CalendarSettings } from './settings.ts'

/** Whose calendar is being connected, and in which browser that was begun. */
export interface Connection {
  owner: string
  browser: string
}

export interface CalendarTokens {
  access_token: string
  refresh_token?: string
}

interface Provider {
  server: oauth.AuthorizationServer
  client: oauth.Client
  authentication: oauth.ClientAuth
}

/** The calendars of the users, at a provider of their own; the app is its OAuth client. */
export class Calendar {
  readonly #settings: CalendarSettings
  readonly #redirectUri: string
  /** Plain http only where the operator has written it. */
  readonly #options: { [oauth.allowInsecureRequests]: boolean }
  /** By the id in a link: who asked for it. */
  readonly #asked = new Expiring<string>()
  readonly #links = new Expiring<string>()
  /** By the state with which the provider sends the browser back. */
  readonly #begun = new Expiring<Connection & { verifier: string }>()
  readonly #tokens = new Map<string, CalendarTokens>()
  #provider: Promise<Provider> | undefined

  constructor(settings: CalendarSettings, redirectUri: string) {
    this.#settings = settings
    this.#redirectUri = redirectUri
    this.#options = { [oauth.allowInsecureRequests]: settings.issuer.startsWith('http:') }
  }

  /** A link of the app's own is for whoever asked; this is its id. */
  ask(owner: string): string {
    const id = this.#links.get(owner) ?? randomUUID()
    this.#links.set(owner, id)
    this.#asked.set(id, owner)
    return id
  }

  ownerOf(id: string): string | undefined {
    return this.#asked.get(id)
  }

  /** Where the provider asks for consent (RFC 6749 section 4.1.1, RFC 7636). */
  async begin(connection: Connection): Promise<string> {
    const { server, client } = await this.#reach()
    const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
    this.#begun.set(state, { ...connection, verifier })
    const url = new URL(server.authorization_endpoint ?? '')
    const parameters = {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: this.#redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      scope: 'openid email',
      state,
    }
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    return url.href
  }

  begun(state: string): Connection | undefined {
    return this.#begun.get(state)
  }

  /** Redeems the code with which the browser came back, once. Rejects when there is none. */
  async finish(query: URLSearchParams): Promise<void> {
    const state = query.get('state') ?? ''
    const begun = this.#begun.get(state)
    this.#begun.delete(state)
    if (begun === undefined) throw new Error('no such connection was begun')
    const { server, client, authentication } = await this.#reach()
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      oauth.validateAuthResponse(server, client, query, state),
      this.#redirectUri,
      begun.verifier,
      this.#options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer)
    this.#tokens.set(begun.owner, tokens)
  }

  tokensOf(owner: string): CalendarTokens | undefined {
    return this.#tokens.get(owner)
  }

  /**
   * The address under which the provider keeps the calendar of a user; null where it takes the token no
   * more, and the user has to connect it anew. Rejects when the provider does not answer.
   */
  async address(owner: string, { access_token: token }: CalendarTokens): Promise<string | null> {
    const { server, client } = await this.#reach()
    const answer = await oauth.userInfoRequest(server, client, token, this.#options)
    if (answer.status === 401) {
      this.#tokens.delete(owner)
      return null
    }
    const about = await oauth.processUserInfoResponse(
      server,
      client,
      oauth.skipSubjectCheck,
      answer,
    )
    return about.email ?? about.sub
  }

  #reach(): Promise<Provider> {
    this.#provider ??= this.#discover().catch((error: unknown) => {
      this.#provider = undefined
      throw error
    })
    return this.#provider
  }

  /** OpenID Connect discovery, and RFC 7591 where no client was set up. */
  async #discover(): Promise<Provider> {
    const { issuer, clientId, clientSecret } = this.#settings
    const found = await oauth.discoveryRequest(new URL(issuer), this.#options)
    const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
    if (clientId !== '') {
      const authentication = oauth.ClientSecretBasic(clientSecret)
      return { server, client: { client_id: clientId }, authentication }
    }
    const registered = await oauth.dynamicClientRegistrationRequest(
      server,
      {
        client_name: 'Todo app',
        redirect_uris: [this.#redirectUri],
        token_endpoint_auth_method: 'none',
      },
      this.#options,
    )
    const client = await oauth.processDynamicClientRegistrationResponse(registered)
    return { server, client, authentication: oauth.None() }
  }
}
