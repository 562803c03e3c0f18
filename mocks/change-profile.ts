import type { JsonObject } from './json.ts'
import type { IssuerProfile } from './profile.ts'
import type { Rules } from './rules.ts'

type Change = (profile: IssuerProfile) => IssuerProfile

/** The profile with other rules of the core. */
export const changeRules =
  (change: Partial<Rules>): Change =>
  (profile) => ({
    ...profile,
    rules: { ...profile.rules, ...change },
  })

/** The profile with other members in every metadata document; null removes. */
export const changeMetadata =
  (change: JsonObject): Change =>
  (profile) => ({
    ...profile,
    documents: profile.documents.map((each) => ({
      ...each,
      write: (standard, context) => {
        const document = each.write(standard, context)
        if (!document) return null
        const all = Object.entries({ ...document, ...change })
        return Object.fromEntries(all.filter(([, value]) => value !== null))
      },
    })),
  })
