import { isLoopback } from '../client/loopback.ts'
import type { RunContext } from '../steps/context.ts'
import { CannotTake } from '../steps/context.ts'
import { fetchUrl } from '../steps/fetch.ts'

/** `fetch` for libraries that bring their own client: each request is recorded, and none leaves the allowed hosts. */
export function recordingFetch(run: RunContext, roundTrips: number[]): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const refusal = whyNotVisit(request.url, run)
    if (refusal !== null) throw new CannotTake('out-of-reach', refusal)
    const body = await request.text()
    const { raw, recorded } = await fetchUrl(request.url, run, {
      method: request.method,
      headers: [...request.headers],
      ...(body === '' ? {} : { body }),
      timeout: run.timeout,
    })
    roundTrips.push(recorded.id)
    const { response, failure } = raw
    if (!response) throw new TypeError(`no answer: ${failure?.message ?? 'unknown'}`)
    const empty = [101, 204, 205, 304].includes(response.status)
    return new Response(empty ? null : response.body, {
      status: response.status,
      headers: response.headers.filter(([name]) => !framing.includes(name.toLowerCase())),
    })
  }
}

/** The body was read and decoded already. */
const framing = ['content-encoding', 'content-length', 'transfer-encoding', 'connection']

/** Why a login may not pass a URL; null when it may. On this machine everything that it may pass is ours. */
export function whyNotVisit(url: string, { targetUrl, mayFetch }: RunContext): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const isNear = [parsed, new URL(targetUrl)].every(
    (each) => each !== null && /^https?:$/.test(each.protocol) && isLoopback(each.hostname),
  )
  return isNear && parsed?.username === '' && parsed.password === '' ? null : mayFetch(url)
}
