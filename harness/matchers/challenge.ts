import { parseChallenges } from '../protocol/challenge.ts'
import type { Challenge, ChallengeReading } from '../protocol/challenge.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import { describeMembers, describeValue } from './describe-value.ts'
import type { AnswerMatcher } from './matcher.ts'
import { unmetValue } from './value.ts'
import { both, either, show } from './words.ts'

/** The challenges of WWW-Authenticate: `none`, or what must hold of them. */
export const challenge: AnswerMatcher = {
  on: 'answer',
  describe: (value) => (isObject(value) ? describeMap(value) : 'no WWW-Authenticate'),
  match: (value, view) => {
    const field = view.header('www-authenticate')
    const status = view.status === null ? 'no answer' : String(view.status)
    if (!isObject(value)) return field === undefined ? null : `${status} with ${show(field)}`
    const unmet = unmetMap(value, view.challenge)
    if (unmet === null) return null
    return field === undefined
      ? `${status} without WWW-Authenticate`
      : `${unmet}, in ${show(field)}`
  },
}

type Judge = (argument: JsonValue, reading: ChallengeReading, all: JsonObject) => string | null

const judges: Record<string, Judge> = {
  'well-formed': (wanted, { wellFormed, count, problems }) => {
    const found = wellFormed && count > 0
    if (found === wanted) return null
    return found ? 'well-formed' : problems.join('; ') || 'no challenge'
  },
  count: (value, { count }) => {
    const unmet = unmetValue(value, count)
    return unmet === null ? null : `${count} challenges`
  },
  scheme: (_, { challenges }, all) => {
    if (ofScheme(challenges, all).length > 0) return null
    const schemes = challenges.map(({ scheme }) => scheme || 'no scheme')
    return schemes.length === 0 ? 'no challenge' : `only ${both(schemes)}`
  },
  'has-parameters': (wanted, { challenges }, all) => {
    const found = ofScheme(challenges, all).some(({ list }) => list.length > 0)
    if (found === wanted) return null
    return found ? 'parameters' : 'no name=value parameter'
  },
  parameters: (values, { challenges }, all) => {
    const among = ofScheme(challenges, all)
    for (const [name, value] of Object.entries(isObject(values) ? values : {})) {
      const unmet = unmetValue(value, parameter(among, name))
      if (unmet !== null) return unmet === 'missing' ? `no ${name}` : `${name} is ${unmet}`
    }
    return null
  },
  scopes: (value, { challenges }) => {
    const unmet = unmetValue(value, scopesOf(challenges))
    return unmet === null ? null : `the scopes ${unmet}`
  },
  attributes: (wanted, { attributeProblems, attributeWarnings }) => {
    const warnings = wanted === 'clean' ? attributeWarnings : []
    return [...attributeProblems, ...warnings].join('; ') || null
  },
  'same-structure-as': (text, { challenges }) => {
    const expected = structure(parseChallenges([String(text)]).challenges)
    const found = structure(challenges)
    return found === expected ? null : `a challenge of another structure: ${found}`
  },
}

function unmetMap(value: JsonObject, reading: ChallengeReading): string | null {
  // Nothing but a count or an absence can hold of an answer without any challenge.
  if (reading.count === 0 && !('count' in value) && !demandsAbsence(value)) return 'no challenge'
  for (const [name, argument] of Object.entries(value)) {
    const unmet = judges[name]?.(argument, reading, value) ?? null
    if (unmet !== null) return unmet
  }
  return null
}

function demandsAbsence(value: JsonObject): boolean {
  return Object.keys(value).every((name) => name === 'parameters' || name === 'scopes')
}

/** The entries of every scope attribute of every challenge. */
function scopesOf(challenges: Challenge[]): string[] {
  const attributes = challenges.flatMap(({ list }) =>
    list.filter(({ name }) => name.toLowerCase() === 'scope'),
  )
  return attributes.flatMap(({ value }) => value.split(' ').filter((scope) => scope !== ''))
}

/** All challenges, or those of the scheme that the map names; Bearer's first. */
function ofScheme(challenges: Challenge[], { scheme }: JsonObject): Challenge[] {
  const wanted = (Array.isArray(scheme) ? scheme : scheme === undefined ? [] : [scheme]).map(
    (each) => String(each).toLowerCase(),
  )
  const found = challenges.filter(
    (each) => scheme === undefined || wanted.includes(each.scheme.toLowerCase()),
  )
  return found.toSorted((one, other) => Number(isBearer(other)) - Number(isBearer(one)))
}

function isBearer({ scheme }: Challenge): boolean {
  return scheme.toLowerCase() === 'bearer'
}

function parameter(challenges: Challenge[], name: string): string | undefined {
  const key = name.toLowerCase()
  return challenges.find(({ parameters }) => Object.hasOwn(parameters, key))?.parameters[key]
}

/** Schemes with the names of their parameters, in an order of their own. */
function structure(challenges: Challenge[]): string {
  const shapes = challenges.map(({ scheme, list }) => {
    const names = list.map(({ name }) => name.toLowerCase()).toSorted()
    return `${scheme.toLowerCase()} ${names.join(' ')}`.trim()
  })
  return shapes.toSorted().join(', ') || 'none'
}

function describeMap(value: JsonObject): string {
  return both(Object.entries(value).map(([name, argument]) => describeMember(name, argument)))
}

function describeMember(name: string, argument: JsonValue): string {
  switch (name) {
    case 'well-formed':
      return argument === true ? 'a well-formed WWW-Authenticate' : 'a malformed WWW-Authenticate'
    case 'count':
      return `a number of challenges ${describeValue(argument)}`
    case 'scheme':
      return `a challenge with scheme ${either([argument].flat().map(String))}`
    case 'has-parameters':
      return argument === true ? 'with at least one parameter' : 'without parameters'
    case 'parameters':
      return `challenge parameters ${describeMembers(argument)}`
    case 'scopes':
      return `challenge scopes ${describeValue(argument)}`
    case 'attributes':
      return `Bearer attributes as RFC 6750 allows them`
    default:
      return `a challenge of the same structure as ${show(argument)}`
  }
}
