import type { JWK } from 'jose'
import { proofAlgorithms } from '../dpop.ts'
import type { Fault } from './fault.ts'

/** Tokens that are bound to a key (RFC 9449), at servers that take them and at those that do not. */
export const dpopFaults: Record<string, Fault> = {
  'dpop-downgrade': {
    about: 'A token that is bound to a key passes without a proof of it.',
    plant: () => ({ checkBinding: () => {} }),
  },
  'dpop-not-offered': {
    about: 'The challenge says nothing of DPoP, though the metadata do.',
    plant: (rules) => ({
      answerRefusal: (refusal, verifier, request) =>
        rules.answerRefusal(
          refusal,
          { ...verifier, config: { ...verifier.config, dpop: 'off' } },
          request,
        ),
    }),
  },
  'dpop-nonce-withheld': {
    about: 'A nonce is asked for, and none is given.',
    plant: () => ({ newNonce: () => undefined }),
  },
  'dpop-proof-optional': {
    about: 'A proof is looked at where there is one.',
    plant: (rules) => ({
      readProof: (request) =>
        request.headers['dpop'] === undefined ? null : rules.readProof(request),
    }),
  },
  'dpop-proof-ignored': {
    about: 'A token under DPoP passes whatever is in the proof.',
    plant: () => ({ readProof: () => null }),
  },
  'dpop-first-proof': {
    about: 'Of several proofs the first one counts.',
    plant: (rules) => ({
      readProof: (request) => request.headersDistinct['dpop']?.[0] ?? rules.readProof(request),
    }),
  },
  'dpop-untyped': {
    about: 'Any JWT that its key signed is taken for a proof.',
    plant: (rules) => ({
      proofOptions: () => {
        const { typ: _typ, ...options } = rules.proofOptions()
        return options
      },
    }),
  },
  'dpop-jti-optional': {
    about: 'A proof may do without jti.',
    plant: (rules) => ({ proofOptions: () => ({ ...rules.proofOptions(), requiredClaims: [] }) }),
  },
  'dpop-iat-optional': {
    about: 'A proof without iat is good for ever.',
    plant: (rules) => ({
      checkProofAge: (proof, now) => {
        if (proof.claims['iat'] !== undefined) rules.checkProofAge(proof, now)
      },
    }),
  },
  'dpop-private-jwk': {
    about: 'A proof may show its private key.',
    plant: (rules) => ({
      proofKey: (header) => {
        const { d: _d, ...jwk } = (header.jwk ?? {}) as JWK
        return rules.proofKey({ ...header, jwk })
      },
    }),
  },
  'dpop-shared-secret': {
    about: 'A proof may be signed with the secret that stands in it.',
    plant: (rules) => ({
      proofOptions: () => ({ ...rules.proofOptions(), algorithms: [...proofAlgorithms, 'HS256'] }),
      proofKey: async (header) => {
        const { kty, k } = (header.jwk ?? {}) as JWK
        return kty === 'oct' ? Buffer.from(String(k), 'base64url') : rules.proofKey(header)
      },
    }),
  },
  'dpop-signature-only': {
    about: 'Of a proof the signature is checked, and not what it is for.',
    plant: () => ({ checkProofRequest: () => {}, checkProofToken: () => {} }),
  },
  'dpop-ath-optional': {
    about: 'A proof that names no token is good for all of them.',
    plant: (rules) => ({
      checkProofToken: (proof, token, bound) => {
        if (proof.claims['ath'] !== undefined) return rules.checkProofToken(proof, token, bound)
      },
    }),
  },
  'dpop-stale-proof': {
    about: 'A proof is good however old it is.',
    plant: (rules) => ({
      checkProofAge: (proof) => rules.checkProofAge(proof, Number(proof.claims['iat'])),
    }),
  },
  'dpop-replay': {
    about: 'A proof is good however often it comes.',
    plant: () => ({ isReplayed: () => false }),
  },
  'dpop-proof-crashes': {
    about: 'A proof that does not hold is an internal error.',
    plant: (rules) => ({
      verifyProof: async (...given) => {
        try {
          return await rules.verifyProof(...given)
        } catch {
          throw new Error('the proof could not be verified')
        }
      },
    }),
  },
}
