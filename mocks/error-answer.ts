import { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { jsonResponse } from './json.ts'
import type { Refusal } from './refusals.ts'

/** RFC 6749 section 5.1: answers with tokens, and errors in their place, are never stored. */
export const unstored: Record<string, string> = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The refusal as the body that the provider gives it. */
export function errorAnswer(
  refusal: Refusal,
  endpoint: string,
  core: IssuerCore,
  form: 'body' | 'page' = 'body',
): Answer {
  const worded = core.profile.errors(refusal, { endpoint, form })
  const { status, error, description, body = { error, error_description: description } } = worded
  const header = { ...unstored, ...challengeFor(refusal), ...refusal.header, ...worded.header }
  if (typeof body !== 'string') return jsonResponse(body, status, header)
  return new Answer(body, { status, headers: { 'content-type': 'text/plain', ...header } })
}

/** RFC 6749 section 5.2: a client that failed to authenticate is told how it could. */
function challengeFor({ error, status }: Refusal): Record<string, string> {
  return error === 'invalid_client' && status === 401
    ? { 'www-authenticate': 'Basic realm="mock issuer"' }
    : {}
}
