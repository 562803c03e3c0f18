import type { Clock } from './clock.ts'
import type { IssuerCore } from './core.ts'
import { accessTokenForm } from './access-token.ts'
import { newGrant } from './grant.ts'
import type { JsonObject } from './json.ts'
import type { KeyRing } from './key-ring.ts'
import type { SubjectReader } from './profile.ts'
import { seededClient, seededResource } from './seed.ts'
import type { Client, Grant, Organization, Resource, User } from './state.ts'

export interface MintOrder {
  /** A client id; the main client unless given. */
  client?: string
  /** A subject; null for a token of the client itself. */
  user?: string | null
  audience?: string[]
  scopes?: string[]
  /** Seconds that it lives; negative for one that has expired. */
  lifetime?: number
  /** Laid over the header and the claims; null removes. */
  header?: JsonObject
  claims?: JsonObject
  /** What else its grant says, as the profile reads it: organization, actor, params. */
  grant?: Partial<Grant>
}

/** What a tester can do to the memory, the keys and the clock of a running issuer. */
export abstract class TesterPowers {
  abstract readonly core: IssuerCore
  abstract readonly clientId: string
  /** Freezes and moves the time of everything that the issuer issues and checks. */
  abstract readonly clock: Clock
  protected abstract readonly ring: KeyRing

  setUser(user: User): void {
    this.core.state.users.set(user.subject, user)
  }

  setClient(client: { id: string } & Partial<Client>): Client {
    const whole = seededClient({ ...this.core.client(client.id), ...client })
    this.core.state.clients.set(whole.id, whole)
    return whole
  }

  setResource(resource: { id: string } & Partial<Resource>): Resource {
    const whole = seededResource({ ...this.core.state.resources.get(resource.id), ...resource })
    this.core.state.resources.set(whole.id, whole)
    return whole
  }

  setOrganization(organization: Organization): void {
    this.core.state.organizations.set(organization.id, organization)
  }

  /** Forgets whoever or whatever has this id. */
  remove(kind: 'users' | 'clients' | 'resources' | 'organizations', id: string): void {
    this.core.state[kind].delete(id)
  }

  /** Tokens of another issuer may be exchanged (RFC 8693), by its JWK Set. */
  trustIssuer(issuer: string, jwks: JsonObject): void {
    this.core.state.trustedIssuers.set(issuer, jwks)
  }

  /** Subject tokens of a type of the tester's own may be exchanged. */
  acceptSubjectType(type: string, reader: SubjectReader): void {
    this.core.state.subjectReaders.set(type, reader)
  }

  /** Any access token, in the provider's form, signed by the current key. */
  mint(order: MintOrder = {}): string {
    const { client: id = this.clientId, user: subject = null, scopes = [], audience = [] } = order
    const client = this.core.client(id) ?? seededClient({ id })
    const user = subject === null ? null : (this.core.state.users.get(subject) ?? null)
    const resources = audience.flatMap((each) => this.core.state.resourceNamed(each) ?? [])
    const type = user ? 'authorization_code' : 'client_credentials'
    const grant = newGrant(type, client, this.core, {
      user,
      scopes,
      audience,
      resources,
      params: this.core.profile.params,
      ...order.grant,
    })
    const { form } = accessTokenForm(grant, this.core)
    const exp = order.lifetime === undefined ? {} : { exp: this.core.now() + order.lifetime }
    const claims = overlaid(form.claims, { ...exp, ...order.claims })
    if (!('opaque' in form)) {
      return this.core.sign({ header: overlaid(form.header, order.header ?? {}), claims })
    }
    this.core.state.issued.set(form.opaque, { grant, claims })
    return form.opaque
  }

  /** Takes back a token; of a refresh token all that was granted with it. */
  revoke(token: string): void {
    const { revoked, refreshTokens, revokedGrants } = this.core.state
    revoked.set(token, true)
    const grant = refreshTokens.get(token)?.grant
    if (grant) revokedGrants.set(grant.id, true)
  }

  /** A new key signs from now on; the old one stays published until it is retired. */
  async rotateKey(order: { alg?: string } = {}): Promise<{ kid: string; previous: string }> {
    const previous = this.ring.current.kid
    await this.ring.rotate(order.alg ?? this.ring.current.alg)
    return { kid: this.ring.current.kid, previous }
  }

  /** Withdraws an older key: it is not published any more, and its tokens are not known any more. */
  retireKey(kid: string): void {
    this.ring.retire(kid)
  }

  /** Publishes other numbers under the signing key's `kid`, until it is rotated. */
  async breakKey(): Promise<void> {
    await this.ring.breakCurrent()
  }
}

function overlaid(members: JsonObject, change: JsonObject): JsonObject {
  const all = Object.entries({ ...members, ...change })
  return Object.fromEntries(all.filter(([, value]) => value !== null))
}
