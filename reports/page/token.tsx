/**
 * A token that was sent, decoded: the evidence without the signature, dates in words, the claim at
 * fault marked.
 */
import type { VNode } from 'preact'
import type { RoundTrip, Verdict } from '../../harness/model.ts'
import { visibleText } from '../plain-text.ts'
import { Block } from './block.tsx'
import type { Page } from './placement.ts'

type Json = Verdict['recorded'][string]

/** Words of check ids that say which member of a token they are about. */
const membersByWord: Record<string, string[]> = {
  audience: ['aud'],
  aud: ['aud'],
  expired: ['exp'],
  expiry: ['exp'],
  exp: ['exp'],
  issuer: ['iss'],
  iss: ['iss'],
  premature: ['nbf'],
  nbf: ['nbf'],
  iat: ['iat'],
  algorithm: ['alg'],
  alg: ['alg'],
  unsigned: ['alg'],
  none: ['alg'],
  kid: ['kid'],
  typ: ['typ'],
  type: ['typ'],
  crit: ['crit'],
  scope: ['scope', 'scp'],
  subject: ['sub'],
  sub: ['sub'],
  client: ['client_id', 'azp'],
  jku: ['jku'],
  jwk: ['jwk'],
  x5u: ['x5u'],
}
const dates = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at'])

interface TokenProps {
  roundTrip: RoundTrip
  verdict: Verdict
  page: Page
}

export function TokenView({ roundTrip, verdict, page }: TokenProps): VNode | null {
  const { token } = roundTrip
  if (token === undefined) return null
  const sent = Date.parse(page.result.started) + roundTrip.at
  const faulty = membersAtFault(verdict, token.note ?? '')
  return (
    <div class="body">
      <p class="label">
        Token {visibleText(token.marker)}
        {token.note !== undefined && `: ${visibleText(token.note)}`}
      </p>
      {token.header !== null && (
        <>
          <div class="pair">
            <Part title="Header" value={token.header} faulty={faulty} sent={sent} />
            <Part title="Claims" value={token.claims} faulty={faulty} sent={sent} />
          </div>
          <p class="dim">The signature was removed when the token was recorded.</p>
        </>
      )}
    </div>
  )
}

interface PartProps {
  title: string
  value: Json
  faulty: Set<string>
  /** Milliseconds since the epoch. */
  sent: number
}

function Part({ title, value, faulty, sent }: PartProps): VNode {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return (
      <div>
        <h4>{title}</h4>
        <Block text={visibleText(JSON.stringify(value))} />
      </div>
    )
  }
  const lines = Object.entries(value).map(([name, member]) => {
    const line = `${visibleText(`${JSON.stringify(name)}: ${JSON.stringify(member)}`)}${dateNote(name, member, sent)}`
    return faulty.has(name) ? [<mark key={name}>{line}</mark>, '\n'] : `${line}\n`
  })
  return (
    <div>
      <h4>{title}</h4>
      <Block
        text={lines
          .flat()
          .filter((line) => typeof line === 'string')
          .join('')}
      >
        {lines}
      </Block>
    </div>
  )
}

function membersAtFault(verdict: Verdict, note: string): Set<string> {
  const words = wordsOf(note === '' ? `${verdict.check} ${verdict.variant ?? ''}` : note)
  return new Set(words.flatMap((word) => membersByWord[word] ?? []))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^a-z0-9]+/)
}

function dateNote(name: string, value: Json, sent: number): string {
  if (!dates.has(name) || typeof value !== 'number') return ''
  const milliseconds = value * 1000
  if (!Number.isFinite(milliseconds) || Math.abs(milliseconds) > 8.64e15) return ''
  const date = new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
  const seconds = Math.round(value - sent / 1000)
  return `  (${date} UTC, ${seconds >= 0 ? `in ${lengthWords(seconds)}` : `${lengthWords(-seconds)} ago`})`
}

function lengthWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} days`
}
