/**
 * What a target says is data. Nothing here leaves a character that steers a terminal, breaks an XML
 * parser or turns the direction of text.
 */
import { stripVTControlCharacters } from 'node:util'

/** Marks and overrides that reorder what is read; a report must show what was received. */
const steering = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
/** C0 but tab and line feed, DEL, C1, and code points that are no characters: XML forbids some. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/g
const loneSurrogate = /\p{Cs}/gu

/** The text without terminal sequences and control characters; line feeds and tabs stay. */
export function plainLines(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
    .replace(control, '')
    .replace(steering, '')
    .replace(loneSurrogate, '\ufffd')
}

/** As {@link plainLines}, on one line, blanks folded. */
export function plainText(text: string): string {
  return plainLines(text).replace(/\s+/g, ' ').trim()
}

/** The text with every control character as a visible sign, for evidence: NUL becomes `⟨U+0000⟩`. */
export function visibleText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(control, codePoint)
    .replace(steering, codePoint)
    .replace(loneSurrogate, '\ufffd')
}

function codePoint(character: string): string {
  return `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** The first `limit` characters, and how many more there are. Never splits a surrogate pair. */
export function cutText(text: string, limit: number): { text: string; left: number } {
  if (text.length <= limit) return { text, left: 0 }
  const end = /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit
  return { text: text.slice(0, end), left: text.length - end }
}
