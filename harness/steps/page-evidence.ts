import type { Page } from '../login/user-agent.ts'
import type { JsonObject, JsonValue } from '../protocol/json.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** How the browser came to a page. */
export interface Visit {
  roundTrips: number[]
  /** PNG, oldest first. */
  screenshots: Uint8Array[]
}

/** What a page showed, without what nobody may read later. */
export function pageEvidence(
  page: Page,
  { roundTrips, screenshots }: Visit,
  state: ProbeState,
  more: JsonObject = {},
): Taken {
  const { url, status, title, text, buttons, redirects, callback, passwordField: hidden } = page
  const shown = Object.entries(page.fields).filter(([name]) => name !== hidden)
  const seen = { url, status, title, text, buttons, redirects, callback }
  const json = {
    ...seen,
    fields: Object.fromEntries(shown),
    asks_password: hidden !== null,
    ...more,
  }
  return {
    answers: [
      {
        roundTrip: roundTrips.at(-1) ?? null,
        json: state.run.redact(json as unknown as JsonValue),
        ...(screenshots.length > 0 ? { screenshots: screenshots.map(toBase64) } : {}),
      },
    ],
    roundTrips,
    rawJson: json as unknown as JsonValue,
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
