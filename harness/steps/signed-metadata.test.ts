import { describe, expect, it } from 'vitest'
import { readSignedMetadata } from './signed-metadata.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('signed metadata', () => {
  it('is nothing where the document has none', () => {
    expect(readSignedMetadata(undefined)).toBeNull()
    expect(readSignedMetadata(null)).toBeNull()
  })

  it('is read without being verified', () => {
    const text = `${encode({ alg: 'RS256' })}.${encode({ iss: 'x' })}.c2ln`
    expect(readSignedMetadata(text)).toEqual({
      compact: true,
      header: { alg: 'RS256' },
      claims: { iss: 'x' },
      signature: true,
    })
  })

  it('without a third part has no signature', () => {
    const text = `${encode({ alg: 'none' })}.${encode({ iss: 'x' })}.`
    expect(readSignedMetadata(text)).toMatchObject({ compact: true, signature: false })
  })

  it.each([['a.b'], ['plain words'], [7], [{}]])('tells that %j is no JWS', (value) => {
    expect(readSignedMetadata(value)).toMatchObject({ compact: false, header: null, claims: null })
  })
})
