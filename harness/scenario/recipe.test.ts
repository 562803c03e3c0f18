import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../protocol/json.ts'
import { meansOfRecipe, mergeRecipes, resolveRecipe } from './recipe.ts'
import { recipeSchema } from './recipe-schema.ts'

const table: Record<string, JsonObject> = {
  unsigned: { from: 'invented', sign: { key: 'none' }, header: { alg: 'none' } },
  foreign: { sign: { key: 'foreign' } },
  'foreign-kid': { from: 'foreign', header: { kid: 'x' }, sign: { alg: 'ES256' } },
  circle: { from: 'other' },
  other: { from: 'circle' },
}
const resolve = (recipe: JsonObject): JsonObject =>
  resolveRecipe(recipe, (name) => {
    const found = table[name]
    if (!found) throw new Error(`no ${name}`)
    return found
  })

describe('resolveRecipe', () => {
  it('starts from a good token unless it is told otherwise', () => {
    expect(resolve({ claims: { a: 1 } })).toEqual({ claims: { a: 1 } })
    expect(resolve({ from: 'good', claims: { a: 1 } })).toEqual({ claims: { a: 1 } })
    expect(resolve({ from: 'invented' })).toEqual({ invented: true })
  })

  it('merges maps along the whole chain, and replaces all else', () => {
    expect(resolve({ from: 'foreign-kid', header: { typ: 'y' }, drop: ['claims.exp'] })).toEqual({
      sign: { key: 'foreign', alg: 'ES256' },
      header: { kid: 'x', typ: 'y' },
      drop: ['claims.exp'],
    })
    expect(mergeRecipes({ scopes: ['a'], user: 'a' }, { scopes: ['b'] })).toEqual({
      scopes: ['b'],
      user: 'a',
    })
  })

  it('names the circle, and the recipe that is not there', () => {
    expect(() => resolve({ from: 'circle' })).toThrow(
      'recipes in a circle: circle → other → circle',
    )
    expect(() => resolve({ from: 'nowhere' })).toThrow('no nowhere')
  })
})

describe('the means of', () => {
  it.each<[what: string, recipe: JsonObject, means: string[]]>([
    ['a literal', { literal: 'x' }, []],
    ['a good token', {}, ['token']],
    ['a good token of the second user', { user: 'b' }, ['second-user', 'token']],
    ['a changed signature', { 'after-signing': { signature: 'flip-bit' } }, ['token']],
    ['another encoding', { encoding: 'padded' }, ['token']],
    ['the claims of a good token under a foreign key', { sign: { key: 'foreign' } }, ['token']],
    [
      'changed claims under a foreign key',
      { sign: { key: 'foreign' }, claims: { a: 1 } },
      ['token'],
    ],
    ['claims that the issuer signs', { claims: { aud: 'x' } }, ['issuer']],
    ['an algorithm of the issuer', { sign: { alg: 'PS256' } }, ['issuer']],
    ['fewer scopes', { scopes: [] }, ['issuer']],
    ['an id token', { kind: 'id-token' }, ['issuer']],
    ['a published key', { sign: { key: 'published:x' } }, ['issuer']],
    ['the second issuer', { sign: { key: 'second-issuer' } }, ['second-issuer']],
    ['made-up claims without a signature', resolve({ from: 'unsigned' }), []],
    ['made-up claims under a foreign key', { invented: true, sign: { key: 'foreign' } }, []],
    ['made-up claims that the issuer signs', { invented: true, claims: { a: 1 } }, ['issuer']],
  ])('%s', (_, recipe, means) => {
    expect(meansOfRecipe(recipe)).toEqual(means)
  })
})

it.each<JsonObject>([
  { aud: 'x' },
  { drop: ['exp'] },
  { sign: { key: 'mine' } },
  { duplicate: { aud: [1] } },
  { 'after-signing': { signature: 'flip' } },
  { claims: 'aud' },
])('is no recipe: %j', (recipe) => {
  expect(recipeSchema.safeParse(recipe).success).toBe(false)
})
