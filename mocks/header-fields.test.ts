import { expect, it } from 'vitest'
import { HeaderFields } from './header-fields.ts'

const lines: [string, string][] = [
  ['X-Forwarded-For', 'one'],
  ['Set-Cookie', 'a=b; Path=/'],
  ['cookie', 'a=b'],
  ['x-forwarded-for', 'two'],
  ['COOKIE', 'c=d'],
  ['set-cookie', 'c=d'],
]

it('reads repeated lines as the Headers of the standard do', () => {
  const own = new HeaderFields({ accept: '*/*' })
  const standard = new Headers({ accept: '*/*' })
  for (const [name, value] of lines) {
    own.append(name, value)
    standard.append(name, value)
  }
  expect([...own].toSorted()).toEqual([...standard].toSorted())
  for (const name of ['Accept', 'X-FORWARDED-FOR', 'Cookie', 'set-cookie', 'host']) {
    expect(own.get(name), name).toBe(standard.get(name))
    expect(own.has(name), name).toBe(standard.has(name))
  }
})
