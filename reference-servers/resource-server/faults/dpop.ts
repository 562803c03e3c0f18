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
          { ...verifier, config: { ...verifier.config, dpop: false } },
          request,
        ),
    }),
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
  'dpop-signature-only': {
    about: 'Of a proof the signature is checked, and not what it is for.',
    plant: () => ({ checkProofRequest: () => {}, checkProofToken: () => {} }),
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
      verifyProof: async (compact) => {
        try {
          return await rules.verifyProof(compact)
        } catch {
          throw new Error('the proof could not be verified')
        }
      },
    }),
  },
}
