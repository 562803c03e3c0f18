import { describe, expect, it } from 'vitest'
import { decodeBase64url, decodeJwt, encodeBase64url } from './jwt.ts'

const segment = (value: unknown): string => encodeBase64url(JSON.stringify(value))

describe('decodeJwt', () => {
  it.each([
    ['an opaque token', 'abc'],
    ['two segments', `${segment({})}.${segment({})}`],
    ['four segments', `${segment({})}.${segment({})}.a.b`],
    ['five segments', 'a.b.c.d.e'],
    ['a header that is no JSON', `YWJj.${segment({})}.aa`],
    ['claims that are a list', `${segment({})}.${segment([])}.aa`],
    ['claims that are null', `${segment({})}.${segment(null)}.aa`],
    ['padding', `${segment({ a: 12 })}=.${segment({})}.aa`],
    ['a signature in the standard alphabet', `${segment({})}.${segment({})}.a+/b`],
    ['an empty text', ''],
  ])('gives null for %s', (_, text) => {
    expect(decodeJwt(text)).toBeNull()
  })

  it('gives header, claims and signature without verifying', () => {
    const text = `${segment({ alg: 'RS256' })}.${segment({ sub: 'ä' })}.c2ln`
    expect(decodeJwt(text)).toEqual({
      header: { alg: 'RS256' },
      claims: { sub: 'ä' },
      signature: 'c2ln',
    })
  })

  it('reads an unsigned token', () => {
    expect(decodeJwt(`${segment({ alg: 'none' })}.${segment({})}.`)?.signature).toBe('')
  })
})

describe('base64url', () => {
  it.each(['a=', 'a+b/', 'ab cd', 'a'])('refuses %j', (text) => {
    expect(decodeBase64url(text)).toBeNull()
  })

  it('gives bytes back', () => {
    const bytes = new Uint8Array([0, 251, 255, 62])
    expect(encodeBase64url(bytes)).toBe('APv_Pg')
    expect(decodeBase64url('APv_Pg')).toEqual(bytes)
  })
})
