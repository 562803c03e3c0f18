import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from './challenge.ts'

describe('a malformed field', () => {
  it.each([
    ['blanks between parameters', 'Bearer realm="x" scope="a"', 'no comma after realm'],
    ['no separator at all', 'Bearer realm="x"scope="a"', 'no comma after realm'],
    ['semicolons', 'Bearer realm="x"; scope="a"', 'a semicolon between parameters'],
    [
      'an unquoted URL',
      'Bearer resource_metadata=https://h.example/p?a=1',
      'the value of resource_metadata needs quotes',
    ],
    ['an unquoted realm', 'Bearer realm=mcp', 'realm needs quotes'],
    [
      'an inner quote',
      'Bearer error_description="say "hi" now", error="x"',
      'an unescaped quote inside error_description',
    ],
    ['an open quote', 'Bearer realm="x', 'the quote of realm is not closed'],
    ['schemes run together', 'Bearer realm="x" Basic realm="y"', 'no comma before Basic'],
    ['two bare schemes', 'Bearer Basic realm="y"', 'no comma before Basic'],
    ['no scheme', 'realm="x", error="y"', 'the parameter realm stands before any scheme'],
    ['no value', 'Bearer scope=, error="x"', 'no value after scope='],
    ['an empty value at the end', 'Bearer scope=', 'no value after scope='],
    ['blanks around the sign', 'Bearer realm = "x"', 'blanks around = of realm'],
    ['a bare word', 'Bearer realm', 'Bearer takes parameters, not the bare text "realm"'],
    ['a trailing comma', 'Bearer realm="x",', 'an empty list element'],
    ['a doubled comma', 'Bearer realm="x",, error="y"', 'an empty list element'],
    ['a leading comma', ', Bearer realm="x"', 'an empty list element'],
    ['nothing', '', 'the field line is empty'],
    ['a tab after the scheme', 'Bearer\trealm="x"', 'a tab after the scheme Bearer'],
    [
      'a control character',
      'Bearer realm="a\u0001b"',
      'an unexpected control character 01 inside realm',
    ],
    ['a stray quote', 'Bearer "x"', 'an unexpected "\\""'],
    ['JSON', '{"error":"x"}', 'an unexpected "{"'],
  ])('%s is named', (_, line, problem) => {
    const reading = parseChallenges([line])
    expect(reading.wellFormed).toBe(false)
    expect(reading.problems).toContain(problem)
  })

  it('is still read as far as it goes', () => {
    const { challenges } = parseChallenges([
      'Bearer realm=mcp resource_metadata=https://h.example/.well-known/x?a=b; scope="a b"',
    ])
    expect(challenges).toHaveLength(1)
    expect(challenges[0]?.parameters).toEqual({
      realm: 'mcp',
      resource_metadata: 'https://h.example/.well-known/x?a=b',
      scope: 'a b',
    })
  })

  it('with an inner quote keeps the parameters after it', () => {
    const [challenge] = parseChallenges([
      'Bearer error_description="say "hi" now", error="invalid_token"',
    ]).challenges
    expect(challenge?.parameters).toEqual({
      error_description: 'say "hi" now',
      error: 'invalid_token',
    })
  })

  it('with schemes run together gives both', () => {
    const { challenges } = parseChallenges(['Bearer realm="x" Basic realm="y"'])
    expect(challenges.map(({ scheme, parameters }) => [scheme, parameters['realm']])).toEqual([
      ['Bearer', 'x'],
      ['Basic', 'y'],
    ])
  })

  it('with a member of Object.prototype as a name is read like any other', () => {
    const [challenge] = parseChallenges(['Bearer __proto__="x", constructor="y"']).challenges
    expect(Object.entries(challenge?.parameters ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('of any text ends, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const reading = parseChallenges([line, `Bearer ${line}`])
        expect(reading.count).toBe(reading.challenges.length)
      }),
      { seed: 1 },
    )
  })
})

describe('a well-formed field', () => {
  it.each([
    ['a scheme alone', 'Bearer', 1],
    ['one parameter', 'Bearer realm="x"', 1],
    ['a comma without a blank', 'Bearer realm="x",error="y"', 1],
    ['a token as value', 'Bearer realm="x", error=invalid_token', 1],
    ['an escaped quote', 'Bearer realm="say \\"hi\\""', 1],
    ['an empty quoted value', 'Bearer realm=""', 1],
    ['two challenges', 'Bearer realm="x", Basic realm="y"', 2],
    ['a bare scheme before another', 'Negotiate, Bearer realm="x"', 2],
    ['token68 of another scheme', 'Negotiate YWJjZA==, Bearer realm="x"', 2],
    ['a comma and a quote sign inside a value', 'Bearer realm="a, b=\\"c\\"", error="x"', 1],
    ['several blanks after the scheme', 'Bearer   realm="x"', 1],
  ])('%s has no problem', (_, line, count) => {
    const reading = parseChallenges([line])
    expect(reading).toMatchObject({ wellFormed: true, problems: [], count })
  })

  it('unescapes values, keeps names as written and the first of each', () => {
    const [challenge] = parseChallenges(['bEARER Realm="a\\"b", realm="second"']).challenges
    expect(challenge).toEqual({
      scheme: 'bEARER',
      parameters: { realm: 'a"b' },
      list: [
        { name: 'Realm', value: 'a"b', quoted: true },
        { name: 'realm', value: 'second', quoted: true },
      ],
      token68: null,
    })
  })

  it('may come in several lines', () => {
    const { challenges } = parseChallenges(['Bearer realm="x"', 'Negotiate abc='])
    expect(challenges.map(({ scheme, token68 }) => [scheme, token68])).toEqual([
      ['Bearer', null],
      ['Negotiate', 'abc='],
    ])
  })

  it('written from any parameters gives them back', () => {
    const name = fc.stringMatching(/^[a-z_]{1,8}$/)
    const value = fc.string({ unit: fc.constantFrom(...'ab "\\,=;:/é') })
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, value), { selector: ([n]) => n, minLength: 1 }),
        (pairs) => {
          const escaped = pairs.map(([n, v]) => `${n}="${v.replaceAll(/[\\"]/g, '\\$&')}"`)
          const { wellFormed, challenges } = parseChallenges([`Bearer ${escaped.join(', ')}`])
          expect(wellFormed).toBe(true)
          expect(challenges[0]?.list.map((each) => [each.name, each.value])).toEqual(pairs)
        },
      ),
      { seed: 1 },
    )
  })
})

describe('attributes of Bearer', () => {
  it.each([
    ['scope=""', 'scope is empty'],
    ['scope=" "', 'scope is empty'],
    ['scope="a  b"', 'scope is not delimited by single spaces'],
    ['scope="a b "', 'scope is not delimited by single spaces'],
    ['scope="a\tb"', 'a tab inside scope'],
    ['scope="a\\"b"', 'a quote or backslash inside scope'],
    ['scope="ä"', 'non-ASCII text inside scope'],
    ['error="x", Error="y"', 'error is repeated'],
    ['scope="a", scope="b"', 'scope is repeated'],
    ['error_description="a\\\\b"', 'a quote or backslash inside error_description'],
    ['error_description="ungültig"', 'non-ASCII text inside error_description'],
    ['error_description="a\tb"', 'a tab inside error_description'],
    ['error_uri="https://h.example/a b"', 'a character inside error_uri that is not allowed there'],
    ['error="a\u007fb"', 'a character inside error that is not allowed there'],
  ])('%s is a problem', (parameters, problem) => {
    expect(parseChallenges([`Bearer ${parameters}`]).attributeProblems).toEqual([problem])
  })

  it('with a comma in scope are a warning only', () => {
    const reading = parseChallenges(['Bearer scope="a,b"'])
    expect(reading).toMatchObject({
      attributeProblems: [],
      attributeWarnings: ['a comma inside scope'],
    })
  })

  it('without fault have neither problem nor warning', () => {
    const line =
      'Bearer realm="ä", error="invalid_token", error_description="no, not so!", scope="a:b c/d"'
    expect(parseChallenges([line])).toMatchObject({
      wellFormed: true,
      attributeProblems: [],
      attributeWarnings: [],
    })
  })

  it('of another scheme are not judged', () => {
    expect(parseChallenges(['DPoP scope=""']).attributeProblems).toEqual([])
  })
})
