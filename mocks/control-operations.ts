import { z } from 'zod'
import { arrangementNames } from './arrangements.ts'
import { command, nothing, operation } from './control-operation.ts'
import type { Operation } from './control-operation.ts'
import {
  clientSchema,
  jsonObject,
  organizationSchema,
  resourceSchema,
  userSchema,
} from './state-schemas.ts'

const text = z.string()
const texts = z.array(text)
const token = z.strictObject({ token: text })
const now = z.strictObject({ now: z.int() })
const kinds = z.enum(['users', 'clients', 'resources', 'organizations'])
/** Seconds that JSON and a date can say. */
const seconds = z.int().min(0).max(253_402_300_799)
/** Checked by the issuer, which knows the arrangements. */
const arrangement = jsonObject.meta({
  propertyNames: { enum: arrangementNames },
  additionalProperties: { type: 'object' },
  minProperties: 1,
  maxProperties: 1,
})

/** The tester's powers, each under the name by which it is called. */
export const operations: Record<string, Operation> = {
  about: operation(
    'Who this issuer is.',
    [
      nothing,
      z.strictObject({
        issuer: text,
        jwksUri: text,
        metadataUrl: text,
        clientId: text,
        now: z.int(),
      }),
    ],
    (_, { issuer }) => ({
      issuer: issuer.url,
      jwksUri: issuer.jwksUri,
      metadataUrl: issuer.metadataUrl,
      clientId: issuer.clientId,
      now: issuer.clock.now(),
    }),
  ),
  mint: operation(
    'Any access token in the form of the provider, signed by the current key. Header and claims are laid over; null removes.',
    [
      z.strictObject({
        client: text.exactOptional(),
        user: text.nullable().exactOptional(),
        audience: texts.exactOptional(),
        scopes: texts.exactOptional(),
        lifetime: z.int().exactOptional(),
        header: jsonObject.exactOptional(),
        claims: jsonObject.exactOptional(),
      }),
      token,
    ],
    (input, { issuer }) => {
      const known = [...issuer.core.state.users.values()].map(({ subject }) => subject)
      if (typeof input.user === 'string' && !known.includes(input.user)) {
        throw new Error(`there is no user "${input.user}". There are: ${known.join(', ')}`)
      }
      return { token: issuer.mint(input) }
    },
  ),
  parts: operation(
    'Header and claims of a token that this issuer would issue to its main client.',
    [
      z.strictObject({
        kind: z.enum(['access-token', 'id-token', 'refresh-token', 'subject-token']),
        user: z.enum(['a', 'b']),
        audience: text,
        scopes: texts,
      }),
      z.strictObject({ header: jsonObject, claims: jsonObject }),
    ],
    (input, { issuer }) => issuer.parts(input),
  ),
  sign: operation(
    'A compact JWS over exactly these texts, whatever the header says. The key is `current` or the name of a published one.',
    [z.strictObject({ header: text, payload: text, key: text, alg: text }), token],
    async (input, { issuer }) => ({ token: await issuer.sign(input) }),
  ),
  revoke: command(
    'Takes back a token; of a refresh token all that was granted with it.',
    token,
    (input, { issuer }) => issuer.revoke(input.token),
  ),
  'log-in': operation(
    'Goes from an authorization URL to where the browser is sent in the end, as a user who logs in and answers the consent page.',
    [
      z.strictObject({
        url: text,
        user: z
          .union([z.enum(['a', 'b']), z.strictObject({ username: text, password: text })])
          .exactOptional(),
        consent: z.boolean().exactOptional(),
      }),
      z.strictObject({ location: text }),
    ],
    async ({ url, ...order }, { issuer }) => ({ location: await issuer.authorize(url, order) }),
  ),
  list: operation(
    'The ids of what the issuer knows.',
    [z.strictObject({ kind: kinds }), z.strictObject({ ids: texts })],
    ({ kind }, { issuer }) => ({
      ids: [...issuer.core.state[kind].values()].map((each) =>
        'subject' in each ? each.subject : each.id,
      ),
    }),
  ),
  'set-user': command(
    'Adds a user, or replaces the one of this subject.',
    userSchema,
    (input, { issuer }) => issuer.setUser(input),
  ),
  'set-client': command(
    'Adds a client, or changes the one of this id.',
    clientSchema,
    (input, { issuer }) => issuer.setClient(input),
  ),
  'set-resource': command(
    'Adds a resource, or changes the one of this id.',
    resourceSchema,
    (input, { issuer }) => issuer.setResource(input),
  ),
  'set-organization': command(
    'Adds an organization, or replaces the one of this id.',
    organizationSchema,
    (input, { issuer }) => issuer.setOrganization({ attributes: {}, ...input }),
  ),
  remove: command(
    'Forgets a user, a client, a resource or an organization.',
    z.strictObject({ kind: kinds, id: text }),
    ({ kind, id }, { issuer }) => issuer.remove(kind, id),
  ),
  'trust-issuer': command(
    'Tokens of another issuer may be exchanged (RFC 8693), by its JWK Set.',
    z.strictObject({ issuer: text, jwks: jsonObject }),
    (input, { issuer }) => issuer.trustIssuer(input.issuer, input.jwks),
  ),
  'public-key': operation(
    'The public JWK of a key, as published; of the signing key without a name.',
    [z.strictObject({ name: text.exactOptional() }), jsonObject],
    ({ name }, { issuer }) => issuer.publicJwk(name),
  ),
  'rotate-key': operation(
    'A new key signs; the old one stays published until it is retired.',
    [z.strictObject({ alg: text.exactOptional() }), z.strictObject({ kid: text, previous: text })],
    (input, { issuer }) => issuer.rotateKey(input),
  ),
  'retire-key': command(
    'Withdraws an older key.',
    z.strictObject({ kid: text }),
    ({ kid }, { issuer }) => issuer.retireKey(kid),
  ),
  'break-key': command(
    "Publishes other numbers under the signing key's kid, until it is rotated.",
    nothing,
    (_, { issuer }) => issuer.breakKey(),
  ),
  arrange: operation(
    'Makes the issuer deviate in one way until it is undone: endpoints that fail, are slow or answer something else, other metadata, other keys.',
    [arrangement, z.strictObject({ undo: text })],
    async (input, session) => ({ undo: await session.arrange(input) }),
  ),
  undo: operation(
    'Undoes an arrangement; all of them, the latest first, when none is named.',
    [z.strictObject({ undo: text.exactOptional() }), z.strictObject({ undone: texts })],
    async ({ undo }, session) => {
      const undone = undo === undefined ? [...session.undos.keys()].toReversed() : [undo]
      for (const id of undone) await session.undo(id)
      return { undone }
    },
  ),
  'freeze-clock': operation(
    'Stops the clock, at this second since the epoch or at the present one.',
    [z.strictObject({ at: seconds.exactOptional() }), now],
    ({ at }, { issuer }) => {
      issuer.clock.freeze(at)
      return { now: issuer.clock.now() }
    },
  ),
  'move-clock': operation(
    'Moves the clock by so many seconds, ahead or back.',
    [z.strictObject({ by: z.int() }), now],
    ({ by }, { issuer }) => {
      const moved = seconds.safeParse(issuer.clock.now() + by)
      if (!moved.success) throw new Error('the clock would leave the years 1970 to 9999')
      issuer.clock.move(by)
      return { now: moved.data }
    },
  ),
  'reset-clock': operation('Shows the true time again.', [nothing, now], (_, { issuer }) => {
    issuer.clock.reset()
    return { now: issuer.clock.now() }
  }),
  requests: operation(
    'Requests since the n-th, oldest first, without their secrets.',
    [
      z.strictObject({ since: z.int().min(0).exactOptional() }),
      z.strictObject({ requests: z.array(jsonObject) }),
    ],
    ({ since }, { issuer }) => ({
      requests: issuer.requests(since).map((entry) => ({ ...entry })),
    }),
  ),
  'clear-requests': command('Forgets the requests so far.', nothing, (_, { issuer }) =>
    issuer.clearRequests(),
  ),
}
