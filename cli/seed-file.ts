import { z } from 'zod'
import type { ServedIssuer } from '../mocks/serve-issuer.ts'
import {
  clientSchema,
  organizationSchema,
  resourceSchema,
  userSchema,
} from '../mocks/state-schemas.ts'
import type { Client, Organization, Resource, User } from '../mocks/state.ts'
import { readChecked } from './read-checked.ts'

/** `--seed FILE`: who and what a mock issuer knows beside its own users and clients. */
const seedSchema: z.ZodType = z.strictObject({
  users: z.array(userSchema).exactOptional(),
  clients: z.array(clientSchema).exactOptional(),
  resources: z.array(resourceSchema).exactOptional(),
  organizations: z.array(organizationSchema).exactOptional(),
  scopes: z.array(z.string()).exactOptional(),
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
