import { z } from 'zod'
import type { ServedIssuer } from '../mocks/serve-issuer.ts'
import type { Client, Organization, Resource, User } from '../mocks/state.ts'
import { readChecked } from './read-checked.ts'

const text = z.string()
const texts = z.array(text)
const attributes = z.record(text, z.json()).optional()

/** `--seed FILE`: who and what a mock issuer knows beside its own users and clients. */
const seedSchema: z.ZodType = z.strictObject({
  users: z
    .array(
      z.strictObject({
        subject: text,
        username: text,
        password: text,
        email: text,
        name: text.optional(),
        organizations: texts.optional(),
        attributes,
      }),
    )
    .optional(),
  clients: z
    .array(
      z.strictObject({
        id: text,
        secret: text.optional(),
        name: text.optional(),
        redirectUris: texts.optional(),
        grantTypes: texts.optional(),
        scopes: texts.optional(),
        resources: texts.optional(),
        applicationType: z.enum(['web', 'native']).optional(),
        consent: z.enum(['ask', 'skip']).optional(),
        attributes,
      }),
    )
    .optional(),
  resources: z
    .array(
      z.strictObject({
        id: text,
        identifiers: texts.optional(),
        name: text.optional(),
        scopes: texts.optional(),
        lifetime: z.number().optional(),
        attributes,
      }),
    )
    .optional(),
  organizations: z
    .array(z.strictObject({ id: text, name: text, slug: text.optional(), attributes }))
    .optional(),
  scopes: texts.optional(),
})

export interface Seed {
  users?: User[]
  clients?: ({ id: string } & Partial<Client>)[]
  resources?: ({ id: string } & Partial<Resource>)[]
  organizations?: ({ id: string; name: string } & Partial<Organization>)[]
  scopes?: string[]
}

/**
 * Users, clients, resources, organizations and scopes of a YAML file.
 * @throws ScenarioError with every fault of the file, UsageError when there is none
 */
export async function readSeed(file: string): Promise<Seed> {
  return (await readChecked(file, seedSchema, 'seed file')) as Seed
}

/** Adds what a seed names to a running issuer; what is there already is changed. */
export function applySeed(seed: Seed, issuer: ServedIssuer): void {
  for (const organization of seed.organizations ?? []) {
    issuer.setOrganization({ attributes: {}, ...organization })
  }
  for (const user of seed.users ?? []) issuer.setUser(user)
  for (const client of seed.clients ?? []) issuer.setClient(client)
  for (const resource of seed.resources ?? []) issuer.setResource(resource)
  issuer.profile.scopes.supported.push(...(seed.scopes ?? []))
}
