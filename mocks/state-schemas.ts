import { z } from 'zod'
import type { JsonObject } from './json.ts'
import { authenticationMethods } from './state.ts'
import type { Client, Organization, Resource, User } from './state.ts'

const text = z.string()
const texts = z.array(text)

/** A JSON object, whatever it holds. */
export const jsonObject: z.ZodType<JsonObject> = z.record(
  text,
  z.unknown(),
) as unknown as z.ZodType<JsonObject>

/** What a tester and a seed may say of a user. */
export const userSchema: z.ZodType<User> = z.strictObject({
  subject: text,
  username: text,
  password: text,
  email: text,
  name: text.exactOptional(),
  organizations: texts.exactOptional(),
  attributes: jsonObject.exactOptional(),
})

/** What a tester and a seed may say of a client; what they leave out is as usual, or as it was. */
export const clientSchema: z.ZodType<{ id: string } & Partial<Client>> = z.strictObject({
  id: text,
  secret: text.nullable().exactOptional(),
  name: text.exactOptional(),
  redirectUris: texts.exactOptional(),
  authentication: z.array(z.enum(authenticationMethods)).exactOptional(),
  grantTypes: texts.exactOptional(),
  applicationType: z.enum(['web', 'native']).exactOptional(),
  scopes: texts.nullable().exactOptional(),
  resources: texts.nullable().exactOptional(),
  jwks: jsonObject.nullable().exactOptional(),
  jwksUri: text.nullable().exactOptional(),
  consent: z.enum(['ask', 'skip']).exactOptional(),
  dpopBound: z.boolean().exactOptional(),
  postLogoutRedirectUris: texts.exactOptional(),
  attributes: jsonObject.exactOptional(),
})

/** What a tester and a seed may say of a resource. */
export const resourceSchema: z.ZodType<{ id: string } & Partial<Resource>> = z.strictObject({
  id: text,
  identifiers: texts.exactOptional(),
  name: text.exactOptional(),
  scopes: texts.exactOptional(),
  lifetime: z.int().min(1).exactOptional(),
  attributes: jsonObject.exactOptional(),
})

/** What a tester and a seed may say of an organization. */
export const organizationSchema: z.ZodType<
  Omit<Organization, 'attributes'> & Partial<Organization>
> = z.strictObject({
  id: text,
  name: text,
  slug: text.exactOptional(),
  attributes: jsonObject.exactOptional(),
})
