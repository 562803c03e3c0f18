import { describe, expect, it } from 'vitest'
import { splitPath, valueAt } from './path.ts'

describe('a path', () => {
  it.each([
    ['$', []],
    ['a', ['a']],
    ['a.b.0', ['a', 'b', '0']],
    ['$.a', ['a']],
    ['a[0].b', ['a', '0', 'b']],
    ["a['https://x.example/role'].b", ['a', 'https://x.example/role', 'b']],
    ['["a.b"]', ['a.b']],
    ['urn:x/y-z', ['urn:x/y-z']],
  ])('%s has its members', (path, members) => {
    expect(splitPath(path)).toEqual(members)
  })

  it.each([
    ['a.c', { a: {} }],
    ['a.b', { a: 'text' }],
    ['a.b', { a: null }],
    ['0', { a: 1 }],
    ['length', ['a']],
    ['1', ['a']],
    ['toString', {}],
    ['$', undefined],
  ])('%s leads nowhere in %j', (path, root) => {
    expect(valueAt(path, root)).toBeUndefined()
  })

  it.each([
    ['$', { a: 1 }, { a: 1 }],
    ['a.0.b', { a: [{ b: null }] }, null],
    ["['a.b']", { 'a.b': 1, a: { b: 2 } }, 1],
    ['a.b', { 'a.b': 1, a: { b: 2 } }, 2],
  ])('%s in %j leads to its value', (path, root, value) => {
    expect(valueAt(path, root)).toEqual(value)
  })
})
