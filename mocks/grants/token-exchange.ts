import type { ClientRequest } from '../client-request.ts'
import type { IssuerCore } from '../core.ts'
import { newGrant } from '../grant.ts'
import { newRefreshToken, tokenResponse } from '../issue-tokens.ts'
import type { JsonObject } from '../json.ts'
import { tokenExchangeGrant } from '../policies.ts'
import type { Exchange, ExchangeRequest, ExchangeSubject } from '../profile.ts'
import { Refusal } from '../refusals.ts'
import { readScope } from '../scope.ts'
import { accessTokenType, readSubject } from '../subject-token.ts'

/** RFC 8693: a token about the same user, for another target, with no wider scope. */
export async function tokenExchange(
  { client, form, jkt }: ClientRequest,
  { params }: Exchange,
  core: IssuerCore,
): Promise<JsonObject> {
  const { exchange, grantScopes, target: targetOf, rules } = core.profile
  const requested = form.get('requested_token_type') ?? accessTokenType
  if (!exchange.requested.includes(requested)) throw new Refusal('requested-type-unsupported')
  const asked = { form, client, params, core }
  const subject = await read('subject', asked)
  const actor = await actorOf(subject, asked)
  const at = tokenExchangeGrant
  const common = { at, client, params, core }
  const wanted = readScope(form.get('scope'))
  const target = targetOf({
    ...common,
    subject,
    resource: form.getAll('resource'),
    audience: form.getAll('audience'),
    scopes: wanted ?? [],
    granted: null,
  })
  const scopes = grantScopes({
    ...common,
    target,
    asked: wanted ?? subject.scopes,
    user: subject.user,
  })
  const exceeded = scopes.filter((each) => subject.scopes?.includes(each) === false)
  if (exceeded.length > 0 && rules.exchangeScopeNarrowed) {
    throw new Refusal('scope-exceeded', { details: { scopes: exceeded } })
  }
  const grant = newGrant(at, client, core, {
    ...target,
    scopes,
    params,
    jkt,
    actor,
    user: subject.user,
    organization: subject.organization ?? null,
    claims: { ...(subject.user ? {} : { sub: subject.name ?? '' }), ...subject.claims },
  })
  const refreshes = exchange.refreshTokens && !form.has('actor_token')
  const refreshToken = refreshes ? newRefreshToken(grant, core) : null
  const more = { issued_token_type: requested }
  return tokenResponse({ grant, refreshToken, more }, core)
}

/** The subject or the actor, by its own token. */
async function read(
  role: 'subject' | 'actor',
  { form, client, params, core }: Pick<ExchangeRequest, 'form' | 'client' | 'params' | 'core'>,
): Promise<ExchangeSubject> {
  const [token, type] = [form.get(`${role}_token`), form.get(`${role}_token_type`)]
  if (token === null || type === null) {
    throw new Refusal('parameter-missing', {
      description: `${role}_token and ${role}_token_type are needed`,
    })
  }
  const { subjects } = core.profile.exchange
  const reader =
    core.state.subjectReaders.get(type) ??
    (Object.hasOwn(subjects, type) ? subjects[type] : undefined)
  if (reader === undefined) {
    throw new Refusal('subject-type-unsupported', { details: { type } })
  }
  const asked = { subjectToken: token, subjectTokenType: type, form, client, params, core }
  return reader === 'own' ? readSubject(asked, role) : reader(asked)
}

/** RFC 8693 section 4.1: the actor over the actors before; section 4.4: only one who may act. */
async function actorOf(
  subject: ExchangeSubject,
  asked: Pick<ExchangeRequest, 'form' | 'client' | 'params' | 'core'>,
): Promise<JsonObject | null> {
  const { form } = asked
  const before = subject.actor ?? null
  if (form.has('actor_token') !== form.has('actor_token_type')) {
    throw new Refusal('actor-incomplete')
  }
  if (!form.has('actor_token')) return before
  const actor = await read('actor', asked)
  const sub = actor.name ?? actor.user?.subject ?? ''
  const may = subject.mayAct
  if (may && may['sub'] !== sub) throw new Refusal('actor-token-invalid')
  return { sub, ...(before ? { act: before } : {}) }
}
