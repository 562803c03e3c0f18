import { anchorLength } from './find-secrets.ts'

/** Characters beyond which a secret is a filler of ours that no server echoes in another form. */
const longest = 16 * 1024

/**
 * Every way in which a secret may be spelled inside another text: as it is, percent-encoded, escaped
 * for JSON (also twice) or HTML, in base64 and base64url wherever in the encoded text it begins, and
 * for a compact JWS its signature alone.
 */
export function formsOf(secret: string): string[] {
  if (secret.length > longest) return [secret]
  const forms = [secret, ...percentForms(secret), ...escapedForms(secret), ...base64Forms(secret)]
  const signature = /^[\w-]+\.[\w-]*\.([\w-]{20,})$/.exec(secret)?.[1]
  if (signature !== undefined) forms.push(signature)
  return [...new Set(forms)].filter((form) => form.length >= anchorLength)
}

function percentForms(secret: string): string[] {
  if (/^[\w.~-]*$/.test(secret)) return []
  const upper = encodeURIComponent(Buffer.from(secret).toString('utf8'))
  const lower = upper.replace(/%../g, (hex) => hex.toLowerCase())
  const form = new URLSearchParams([['', secret]]).toString().slice(1)
  return [upper, lower, form]
}

function escapedForms(secret: string): string[] {
  if (/^[\w.~+=-]*$/.test(secret)) return []
  const json = escapeJson(secret)
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  return [json, escapeJson(json), json.replaceAll('/', '\\/'), html]
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** A text of three bytes less or more in front of it is encoded to other letters: three alignments. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64url')
    const whole = Math.floor(((offset + bytes.length) * 8) / 6)
    // letters that hold bits of what stands before or after are not the secret's own
    const own = encoded.slice(Math.ceil((offset * 8) / 6), whole)
    return [own, own.replaceAll('-', '+').replaceAll('_', '/')]
  })
}
