/**
 * Colour for a terminal. `styleText` of Node is not used: from 22.13 on it asks the environment, and
 * a reporter depends on its arguments only.
 */
import type { Standing } from './verdict-words.ts'

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const

export type Shade = keyof typeof codes
/** Puts the sequences of a shade around a text, or nothing when there is no colour. */
export type Paint = (shade: Shade, text: string) => string

/** A painter that paints, or one that returns its text. */
export function createPaint(colour: boolean): Paint {
  if (!colour) return (_shade, text) => text
  return (shade, text) => `\u001b[${codes[shade][0]}m${text}\u001b[${codes[shade][1]}m`
}

/** The colour of each standing. */
export const shades: Record<Standing, Shade> = {
  violation: 'red',
  error: 'magenta',
  inconclusive: 'yellow',
  warning: 'yellow',
  advisory: 'cyan',
  untested: 'blue',
  pass: 'green',
  'not-applicable': 'dim',
}
