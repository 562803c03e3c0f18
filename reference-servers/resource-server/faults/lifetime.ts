import { invalid } from '../refusal.ts'
import type { Fault } from './fault.ts'

/** From when and until when a token is good. */
export const lifetimeFaults: Record<string, Fault> = {
  'ignore-expiry': {
    about: 'A token that has expired passes.',
    plant: (rules) => ({
      checkExpiry: (claims, config, now) => {
        if (typeof claims['exp'] !== 'number') rules.checkExpiry(claims, config, now)
      },
    }),
  },
  'expiry-crashes': {
    about: 'A token that has expired ends in a server error.',
    plant: (rules) => ({
      checkExpiry: (claims, config, now) => {
        if (typeof claims['exp'] !== 'number') return rules.checkExpiry(claims, config, now)
        if (claims['exp'] + config.leeway <= now) throw new RangeError('jwt expired')
      },
    }),
  },
  'leeway-in-hours': {
    about: 'A token passes for two hours after its end.',
    plant: leeway(7200),
  },
  'leeway-of-five-minutes': {
    about: 'A token passes for five minutes after its end.',
    plant: leeway(300),
  },
  'accept-missing-exp': {
    about: 'A token without exp passes.',
    plant: (rules) => ({
      checkExpiry: (claims, config, now) => {
        if (claims['exp'] !== undefined) rules.checkExpiry(claims, config, now)
      },
    }),
  },
  'null-expiry-is-none': {
    about: 'A token whose exp is null has no end, and passes.',
    plant: (rules) => ({
      checkExpiry: (claims, config, now) => {
        if (claims['exp'] !== null) rules.checkExpiry(claims, config, now)
      },
    }),
  },
  'time-claims-coerced': {
    about: 'exp and nbf of any type are taken for the number that they spell, if any.',
    plant: (rules) => ({
      checkExpiry: (claims, config, now) => {
        const { exp } = claims
        if (exp === undefined) rules.checkExpiry(claims, config, now)
        if (Number(exp) + config.leeway < now) throw invalid('the token has expired')
      },
      checkNotBefore: ({ nbf, ...others }, config, now) => {
        rules.checkNotBefore(others, config, now)
        if (Number(nbf) - config.leeway > now) throw invalid('the token is not valid yet')
      },
    }),
  },
  'ignore-nbf': {
    about: 'nbf is not looked at.',
    plant: (rules) => ({
      checkNotBefore: ({ nbf: _nbf, ...others }, config, now) =>
        rules.checkNotBefore(others, config, now),
    }),
  },
  'iat-without-leeway': {
    about: 'A token of a clock that is ahead is refused.',
    plant: (rules) => ({
      checkNotBefore: (claims, config, now) => {
        if (Number(claims['iat']) > now) throw invalid('the token is of the future')
        rules.checkNotBefore(claims, config, now)
      },
    }),
  },
}

function leeway(seconds: number): Fault['plant'] {
  return (rules) => ({
    checkExpiry: (claims, config, now) =>
      rules.checkExpiry(claims, { ...config, leeway: seconds }, now),
  })
}
