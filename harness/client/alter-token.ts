import { decodeBase64url, decodeJwt, encodeBase64url } from '../protocol/jwt.ts'
import type { JsonObject } from '../protocol/json.ts'
import { alterSignature } from './alter-signature.ts'
import { NotAJwt } from './cannot-mint.ts'
import type { Minted } from './mint.ts'
import { editParts, textOf } from './token-text.ts'

/**
 * Alters that very token: what is not named keeps its bytes, and the old signature stays.
 * @throws NotAJwt when there is nothing inside to alter
 */
export function alterToken(minted: Minted, after: JsonObject): Minted {
  const read = decodeJwt(minted.text)
  if (!read) throw new NotAJwt()
  const parts = editParts(read, after)
  const [head = '', payload = '', tail = ''] = minted.text.split('.')
  const headerKept = JSON.stringify(parts.header) === JSON.stringify(read.header)
  const claimsKept = JSON.stringify(parts.claims) === JSON.stringify(read.claims)
  const how = textOf(after['signature'])
  const text = [
    headerKept ? head : encodeBase64url(JSON.stringify(parts.header)),
    claimsKept ? payload : encodeBase64url(JSON.stringify(parts.claims)),
    how === undefined ? tail : altered(tail, how, read.header),
  ].join('.')
  const notes = [
    minted.note,
    headerKept ? '' : 'header changed after it was signed',
    claimsKept ? '' : 'claims changed after it was signed',
    how === undefined ? '' : `signature altered (${how})`,
  ]
  return { text, ...parts, note: notes.filter((note) => note !== '').join('; ') }
}

function altered(signature: string, how: string, header: JsonObject): string {
  const bytes = decodeBase64url(signature) ?? new Uint8Array()
  return encodeBase64url(alterSignature(bytes, how, String(header['alg'])))
}
