import { createHash, randomBytes } from 'node:crypto'

/** Gives a text of this length over this alphabet (at most 256 characters). */
export type Draw = (length: number, alphabet?: string) => string

export const digits = '0123456789'
export const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const alphanumeric: string = letters + digits
export const hex: string = `${digits}abcdef`
const base64url = `${alphanumeric}-_`

/** For secrets: nobody can guess what comes. */
export const drawRandom: Draw = (length, alphabet = base64url) =>
  spell(randomBytes(length), length, alphabet)

/** For ids that are the same in the next run: all of it follows from the seed. Up to 64 characters. */
export function drawFrom(seed: string): Draw {
  return (length, alphabet = base64url) =>
    spell(createHash('sha512').update(seed).digest(), length, alphabet)
}

function spell(bytes: Buffer, length: number, alphabet: string): string {
  let text = ''
  for (let index = 0; index < length; index++) {
    text += alphabet[(bytes[index % bytes.length] ?? 0) % alphabet.length]
  }
  return text
}
