import type { Challenge, ChallengeParameter } from './challenge.ts'

export interface BearerProblems {
  attributeProblems: string[]
  attributeWarnings: string[]
}

/** RFC 6750 section 3: what Bearer attributes must not be. */
export function bearerProblems(challenges: Challenge[]): BearerProblems {
  const bearer = challenges.filter(({ scheme }) => /^bearer$/i.test(scheme))
  const attributeProblems = bearer.flatMap(({ list }) => [
    ...repeatedNames(list),
    ...list.flatMap(valueProblems),
  ])
  const attributeWarnings = bearer.some(({ list }) => list.some(hasCommaInScope))
    ? ['a comma inside scope']
    : []
  return { attributeProblems, attributeWarnings }
}

function repeatedNames(list: ChallengeParameter[]): string[] {
  const names = list.map(({ name }) => name.toLowerCase())
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  return [...new Set(repeated)].map((name) => `${name} is repeated`)
}

const plainText = /^[ !#-[\]-~]*$/
const uriText = /^[!#-[\]-~]*$/
const scopeList = /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/

const rules: Record<string, RegExp> = {
  scope: scopeList,
  error: plainText,
  error_description: plainText,
  error_uri: uriText,
}

function valueProblems({ name, value }: ChallengeParameter): string[] {
  const key = name.toLowerCase()
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
  if (!rule || rule.test(value)) return []
  if (key === 'scope' && value.trim() === '') return ['scope is empty']
  if (value.includes('\t')) return [`a tab inside ${key}`]
  if (/[^\0-\x7f]/.test(value)) return [`non-ASCII text inside ${key}`]
  if (/["\\]/.test(value)) return [`a quote or backslash inside ${key}`]
  if (key === 'scope' && / {2}|^ | $/.test(value))
    return ['scope is not delimited by single spaces']
  return [`a character inside ${key} that is not allowed there`]
}

function hasCommaInScope({ name, value }: ChallengeParameter): boolean {
  return name.toLowerCase() === 'scope' && value.includes(',')
}
