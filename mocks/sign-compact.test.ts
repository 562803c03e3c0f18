import { createPublicKey, createSecretKey } from 'node:crypto'
import { compactVerify } from 'jose'
import { expect, it } from 'vitest'
import { loadKey } from '../fixtures/keys/index.ts'
import { isSignedBy, signCompact, signCompactAside } from './sign-compact.ts'

const keys = {
  rsa: loadKey('local').privateKey,
  ec: loadKey('ec').privateKey,
  oct: createSecretKey(Buffer.alloc(64, 7)),
}

const cases = [
  ['RS256', 'rsa'],
  ['RS384', 'rsa'],
  ['RS512', 'rsa'],
  ['PS256', 'rsa'],
  ['PS384', 'rsa'],
  ['PS512', 'rsa'],
  ['ES256', 'ec'],
  ['HS256', 'oct'],
  ['HS384', 'oct'],
  ['HS512', 'oct'],
] as const

it.each(cases)('signs with %s what jose verifies', async (alg, kind) => {
  const secret = keys[kind]
  const parts = [JSON.stringify({ alg }), 'payload é', secret, alg] as const
  const key = kind === 'oct' ? secret : createPublicKey(secret)
  for (const jws of [signCompact(...parts), await signCompactAside(...parts)]) {
    const { payload } = await compactVerify(jws, key, { algorithms: [alg] })
    expect(Buffer.from(payload).toString()).toBe('payload é')
  }
})

it.each(cases)('knows its own signature with %s from an altered one', (alg, kind) => {
  const secret = keys[kind]
  const key = kind === 'oct' ? secret : createPublicKey(secret)
  const jws = signCompact('{}', '{}', secret, alg)
  // symmetric signatures are never taken for the issuer's
  expect(isSignedBy(jws, key, alg)).toBe(kind !== 'oct')
  expect(isSignedBy(`e30.e31.${jws.split('.')[2]}`, key, alg)).toBe(false)
  expect(isSignedBy(jws, key, 'none')).toBe(false)
  expect(isSignedBy('e30.e30.', key, alg)).toBe(false)
})

it('says which algorithms there are, and which a key can do', async () => {
  expect(() => signCompact('{}', '{}', keys.rsa, 'none')).toThrow(
    'cannot sign with "none". Allowed: RS256, RS384, RS512, PS256, PS384, PS512, ES256, HS256',
  )
  expect(() => signCompact('{}', '{}', keys.rsa, 'toString')).toThrow('cannot sign with "toString"')
  expect(() => signCompact('{}', '{}', keys.ec, 'RS256')).toThrow(
    'a key of type ec cannot sign with "RS256". Allowed: ES256',
  )
  expect(() => signCompact('{}', '{}', keys.rsa, 'HS256')).toThrow(/type rsa cannot sign/)
  expect(() => signCompact('{}', '{}', keys.oct, 'ES256')).toThrow(/type oct cannot sign/)
  await expect(signCompactAside('{}', '{}', keys.ec, 'RS256')).rejects.toThrow(/type ec cannot/)
})
