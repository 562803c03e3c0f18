import { elicitedForms } from '../protocol/elicitation.ts'
import type { ElicitedForm } from '../protocol/elicitation.ts'
import type { AnswerMatcher } from './matcher.ts'

/** In words, by the value of the matcher. */
const said: Record<string, string> = {
  present: 'a form for the user',
  'no-secrets': 'a form that asks for no secret, and has no field that is named like one',
  'no-plain-secrets': 'a form that asks for no secret',
}

/**
 * What an answer asks its user for in a form. Without one, no value holds. `present`; `no-plain-secrets`:
 * no field and no sentence plainly asks for a password, key, token or card; `no-secrets`: nor is a field
 * named like one, as `token_count` is.
 */
export const form: AnswerMatcher = {
  on: 'answer',
  describe: (value) => said[String(value)] ?? '',
  match: (value, { mcp, status }) => {
    const forms = elicitedForms(mcp)
    if (forms.length === 0) return `${status ?? 'no answer'} without a form`
    if (value === 'present') return null
    for (const each of forms) {
      const found = secretIn(each) ?? (value === 'no-secrets' ? resemblanceIn(each) : null)
      if (found !== null) return `a form with ${found}`
    }
    return null
  },
}

function secretIn({ message, fields }: ElicitedForm): string | null {
  for (const { name, texts, typed } of fields) {
    if (typed && isSecret(name)) return `the field "${name}"`
    const title = typed ? texts.find(isSecret) : undefined
    if (title !== undefined) return `the field "${title}"`
  }
  const sentences = [message, ...fields.flatMap(({ texts }) => texts)]
  const found = sentences.find((text) => asksForSecret.test(text))
  return found === undefined ? null : `the words "${found.slice(0, 200)}"`
}

function resemblanceIn({ fields }: ElicitedForm): string | null {
  const like = fields.find(({ name }) => resembling.test(wordsOf(name)))
  return like ? `the field "${like.name}"` : null
}

const secrets = [
  'passw(?:or)?d',
  'pwd',
  'passphrase',
  'passcode',
  'api ?key',
  '(?:access|refresh|auth|api|bearer|oauth|github|gitlab|slack) token',
  'client secret',
  'private key',
  'secret (?:access )?key',
  '(?:credit|debit|payment|bank) card(?: (?:number|no))?',
  'cvv',
  'cvc',
].join('|')
const again = '(?: (?:confirm|confirmation|again|repeat|value|\\d))?'
// three words before the secret may say whose it is, but not that something else of it is meant
const ownName = new RegExp(
  `^(?:(?!name |hint |last |old names? )[\\w']{1,40} ){0,3}(?:${secrets})${again}$`,
)
const cardNumber = /^(?:your |the )?card (?:number|no)$/
const resembling =
  /passw(?:or)?d|pwd|passphrase|passcode|secret|token|api ?key|access key|private key|card (?:number|no)\b|credit card|\bcv[vc]\b/

/** A name, or the whole of a title. */
function isSecret(text: string): boolean {
  const words = wordsOf(text)
  const relates = /(?:^| )(?:of|for|in|to|has|require|max|min|count) /.test(words)
  return !relates && (ownName.test(words) || cardNumber.test(words))
}

/** `newApiKey`, `new_api_key` and `New API-key:` are one. */
function wordsOf(text: string): string {
  return text
    .slice(0, 200)
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .replaceAll(/[^a-z\d']+/g, ' ')
    .trim()
}

const asking = [
  String.raw`(?:enter|provide|paste|supply|submit|fill in)\s{1,3}(?:in |me |us )?(?:your |the |an? )?`,
  String.raw`(?:type|give|share|tell|insert)\s{1,3}(?:in |me |us )?(?:your |the |an? )`,
  String.raw`what(?: is|['’]s)\s{1,3}(?:your |the )`,
].join('|')
const notWarning = String.raw`(?<!(?:\b(?:do not|never|avoid|without)\b|n['’]t\b)[^".!?;]{0,80})`
const ofAnother =
  'name|length|policy|count|id|hint|label|alias|prefix|scope|type|field|manager|format|protect|rule|expir'

/** A sentence, or a part of one, that begins by asking for a secret; one that warns of it does not. */
const asksForSecret = new RegExp(
  String.raw`(?:^|[.!?:;,–—-]|\bplease|\bthen|\band)\s{0,3}\b(?:${asking})${notWarning}` +
    String.raw`(?:[\w'-]{1,40} ){0,3}?(?:passw(?:or)?d|passphrase|passcode|api[ -]?key|` +
    String.raw`(?:access|api|bearer|refresh) token|client secret|private key|secret key|` +
    String.raw`(?:credit|debit|payment)? ?card number|cvv|cvc)\b` +
    String.raw`(?![ -](?:${ofAnother}))(?![^".]{0,80}\b(?:page|browser|website|site|link)\b)`,
  'i',
)
