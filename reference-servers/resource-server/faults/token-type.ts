import type { Fault } from './fault.ts'

/** Which kinds of JWT pass for an access token. */
export const tokenTypeFaults: Record<string, Fault> = {
  'typ-short-form-only': {
    about: 'Only at+jwt, byte for byte, is taken for the type of an access token.',
    plant: (rules) => ({
      checkType: (header) => {
        const typ = header['typ']
        rules.checkType({ typ: typ === 'at+jwt' ? typ : undefined })
      },
    }),
  },
  'foreign-typ-accepted': {
    about: 'A JWT that is typed for another purpose passes.',
    plant: (rules) => ({
      checkType: (header) => {
        const typ = String(header['typ'])
        if (!typ.endsWith('+jwt') || typ === 'rt+jwt') rules.checkType(header)
      },
    }),
  },
  'generic-typ-accepted': {
    about: 'The type JWT, and no type, pass.',
    plant: (rules) => ({
      checkType: (header) => {
        const typ = header['typ']
        if (typ !== 'JWT' && typ !== undefined) rules.checkType(header)
      },
    }),
  },
}
