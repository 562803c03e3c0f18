import type { Means } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'

/** Maps are merged, everything else is replaced by what comes later. */
export function mergeRecipes(base: JsonObject, own: JsonObject): JsonObject {
  const merged: JsonObject = { ...base }
  for (const [name, value] of Object.entries(own)) {
    if (name === 'from') continue
    const before = merged[name]
    merged[name] = isObject(before) && isObject(value) ? { ...before, ...value } : value
  }
  return merged
}

/**
 * The recipe with its whole `from` chain merged in. `invented` is set when the chain starts from
 * made-up claims, so that no valid token is needed.
 * @throws Error naming the circle, and whatever `named` throws of a recipe that does not exist
 */
export function resolveRecipe(
  recipe: JsonObject,
  named: (name: string) => JsonObject,
  seen: string[] = [],
): JsonObject {
  const from = typeof recipe['from'] === 'string' ? recipe['from'] : 'good'
  if (from === 'good') return mergeRecipes({}, recipe)
  if (from === 'invented') return mergeRecipes({ invented: true }, recipe)
  if (seen.includes(from)) throw new Error(`recipes in a circle: ${[...seen, from].join(' → ')}`)
  return mergeRecipes(resolveRecipe(named(from), named, [...seen, from]), recipe)
}

const needsIssuer = ['claims', 'header', 'drop', 'scopes', 'duplicate', 'kind', 'embed']

/** What the tester must hold to mint a resolved recipe. */
export function meansOfRecipe(recipe: JsonObject): Means[] {
  if (recipe['literal'] !== undefined) return []
  const sign = isObject(recipe['sign']) ? recipe['sign'] : {}
  const key = typeof sign['key'] === 'string' ? sign['key'] : 'issuer'
  const own: Means[] = recipe['user'] === 'b' ? ['second-user'] : []
  if (key === 'second-issuer') return [...own, 'second-issuer']
  if (key.startsWith('published:')) return [...own, 'issuer']
  if (recipe['invented'] === true && key !== 'issuer') return own
  const changed = needsIssuer.some((member) => recipe[member] !== undefined)
  if (key === 'issuer' && (changed || sign['alg'] !== undefined)) return [...own, 'issuer']
  return [...own, 'token']
}
