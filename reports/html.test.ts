import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RoundTrip, RunResult, Verdict } from '../harness/model.ts'
import { html } from './html.tsx'
import { script } from './page/script.ts'
import { hostileText } from './sample-drafts.ts'
import { sampleResult } from './sample.ts'

const page = html(sampleResult())
const body = page.slice(page.indexOf('<body>'), page.lastIndexOf('<script>'))

/** Start tags of the page, as a parser would find them outside style and script. */
function tags(text: string): string[] {
  return [...text.matchAll(/<([a-z][a-z\d]*)/gi)].map((match) => match[1] ?? '')
}

/** 400 verdicts: a matrix of 24, and long answers everywhere. */
function largeResult(): RunResult {
  const result = sampleResult()
  const [verdict] = result.verdicts
  const roundTrip = result.roundTrips.find((candidate) => candidate.id === 31)
  if (verdict === undefined || roundTrip === undefined) throw new Error('the sample changed')
  for (let index = 0; index < 381; index += 1) {
    const id = 1000 + index
    result.verdicts.push(largeVerdict(verdict, index, id))
    result.roundTrips.push(largeRoundTrip(roundTrip, id))
    result.evidence.push({
      probe: `probe-${id}`,
      steps: [{ name: 'sent', verb: 'send', answers: [], roundTrips: [id], elapsed: 0.01 }],
      tokens: {},
      unmet: null,
      control: null,
    })
  }
  return result
}

function largeVerdict(verdict: Verdict, index: number, roundTrip: number): Verdict {
  const check = `token.generated-${Math.floor(index / 24)}`
  const outcome = index % 9 === 0 ? 'violation' : 'pass'
  const variant = `variant-${index}`
  const id = `${check} [${variant}]`
  return { ...verdict, id, check, variant, outcome, roundTrip, probe: `probe-${roundTrip}` }
}

function largeRoundTrip(roundTrip: RoundTrip, id: number): RoundTrip {
  const text = '{"text":"<&"}'.repeat(3000)
  const response = roundTrip.response && { ...roundTrip.response, body: text, bytes: text.length }
  return { ...roundTrip, id, response }
}

test('the page of the sample is as committed', async () => {
  await expect(page).toMatchFileSnapshot('../fixtures/golden/report.html')
})

test('no tag but ours is live', () => {
  const known = new Set(
    'a article b br button code dd details div dl dt fieldset footer h1 h2 h3 h4 header input li main mark nav ol option output p pre rect section select small span summary svg ul body'.split(
      ' ',
    ),
  )
  expect(tags(body).filter((tag) => !known.has(tag))).toEqual([])
  expect(page.match(/<script/g)).toHaveLength(1)
  expect(page.match(/<style/g)).toHaveLength(1)
})

test('links lead to the page itself or to clauses of the catalogue', () => {
  const result = sampleResult()
  const clauses = new Set(result.checks.flatMap((check) => check.sources.map(({ url }) => url)))
  const links = [...page.matchAll(/(?:href|src|action|data)="([^"]*)"/g)].map((match) => match[1])
  const others = links.filter((link) => !link?.startsWith('#') && !clauses.has(link ?? ''))
  expect(others).toEqual(['data:,'])
})

test('an address of the catalogue that is not of the web is no link', () => {
  const result = sampleResult()
  for (const check of result.checks)
    check.sources = [{ doc: 'x', section: '', url: 'javascript:1' }]
  expect(html(result)).not.toContain('href="javascript')
})

test('every link within the page has its target, and anchors are unique', () => {
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  const links = [...page.matchAll(/href="#([^"]*)"/g)].map((match) => match[1])
  expect(links.filter((link) => !ids.includes(link))).toEqual([])
})

test('no control character is left, and what was cut out of sight is seen', () => {
  // oxlint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
  expect(hostileText).toContain('\0')
  expect(page).toContain('NUL ⟨U+0000⟩')
})

test('the policy names exactly the style and the script of the page', () => {
  const digest = (text: string | undefined): string =>
    `sha256-${createHash('sha256')
      .update(text ?? '')
      .digest('base64')}`
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain(digest(/<style>(.*)<\/style>/s.exec(page)?.[1]))
  expect(policy).toContain(digest(/<script>(.*)<\/script>/s.exec(page)?.[1]))
  expect(page).not.toMatch(/ style="| on[a-z]+="/)
})

test('the script is under 2.5 kB', () => {
  expect(Buffer.byteLength(script)).toBeLessThan(2560)
})

test('each round trip is shown once, and linked elsewhere', () => {
  expect(page.match(/id="rt-012"/g)).toHaveLength(1)
  expect(page.match(/href="#rt-012"/g)?.length).toBeGreaterThan(1)
})

test('the claim at fault and the deciding line are marked', () => {
  expect(page).toContain(
    '<mark>&quot;aud&quot;: &quot;https://other.sample.example/mcp&quot;</mark>',
  )
  expect(page).toContain('<mark>HTTP 200</mark>')
})

test('dates of a token are in words', () => {
  expect(page).toMatch(/&quot;exp&quot;: 1795230120\s+\(2026-11-21 03:02:00 UTC, in 60 min\)/)
})

test('a page of 400 verdicts stays under 2 MB', () => {
  const large = html(largeResult())
  expect(Buffer.byteLength(large)).toBeLessThan(2_000_000)
  expect(large).toContain('headers and bodies are in report.json')
  expect(large).toMatch(/\d+ more characters in report\.json/)
})

test('an empty run is a page too', () => {
  const result = { ...sampleResult(), verdicts: [], checks: [], evidence: [], roundTrips: [] }
  expect(html(result)).toContain('Nothing was judged.')
})
