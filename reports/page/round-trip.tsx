/**
 * One round trip: what was sent and what came back, header lines in the order and case received.
 */
import type { VNode } from 'preact'
import type { HeaderList, RoundTrip, Verdict } from '../../harness/model.ts'
import { cutText, plainText, visibleText } from '../plain-text.ts'
import { formatDuration } from '../result-view.ts'
import { Block } from './block.tsx'
import { roundTripAnchor } from './placement.ts'
import type { Page } from './placement.ts'
import { prettyBody } from './pretty-body.ts'
import { TokenView } from './token.tsx'

/** Characters of one header value. */
const headerLimit = 4096

interface RoundTripProps {
  roundTrip: RoundTrip
  /** Step names and `control`. */
  label: string
  verdict: Verdict
  page: Page
}

/** A folding round trip, open when it decided the verdict; without room, its first line. */
export function RoundTripView({ roundTrip, label, verdict, page }: RoundTripProps): VNode {
  const { id } = roundTrip
  const limit = page.limits.get(id)
  const decides = verdict.roundTrip === id
  const className = decides ? 'rt decides' : 'rt'
  const head = <FirstLine roundTrip={roundTrip} label={label} decides={decides} />
  if (limit === undefined) {
    return (
      <div class={className} id={roundTripAnchor(id)}>
        <p>
          {head} <span class="dim">headers and bodies are in report.json</span>
        </p>
      </div>
    )
  }
  return (
    <details
      class={className}
      id={roundTripAnchor(id)}
      open={decides && verdict.outcome !== 'pass'}
    >
      <summary>{head}</summary>
      {roundTrip.token && <TokenView roundTrip={roundTrip} verdict={verdict} page={page} />}
      <div class="pair">
        <Request roundTrip={roundTrip} limit={limit} />
        <Answer roundTrip={roundTrip} limit={limit} verdict={decides ? verdict : null} />
      </div>
    </details>
  )
}

/** `#31 ↑ POST /mcp → 200, 12 ms`. */
export function FirstLine(props: {
  roundTrip: RoundTrip
  label?: string
  decides?: boolean
}): VNode {
  const { roundTrip, label = '', decides = false } = props
  const { request, response, failure } = roundTrip
  const answer = response === null ? `no answer (${failure?.code ?? 'unknown'})` : response.status
  return (
    <>
      #{roundTrip.id} {visibleText(request.method)} {visibleText(pathOf(request.url))} →{' '}
      <b>{answer}</b>, {formatDuration(roundTrip.elapsed)}
      {label !== '' && <span class="dim"> · {plainText(label)}</span>}
      {decides && <b> · decides</b>}
    </>
  )
}

function Request({ roundTrip, limit }: { roundTrip: RoundTrip; limit: number }): VNode {
  const { method, url, headers, body } = roundTrip.request
  const lines = [`${method} ${url}`, ...headers.map(headerLine)]
  return (
    <div>
      <h4>Request</h4>
      <Block text={visibleText(lines.join('\n'))} />
      <Body body={body} headers={headers} limit={limit} unseen={0} />
    </div>
  )
}

interface AnswerProps {
  roundTrip: RoundTrip
  limit: number
  /** The verdict that this answer decided. */
  verdict: Verdict | null
}

function Answer({ roundTrip, limit, verdict }: AnswerProps): VNode {
  const { response, failure, elapsed } = roundTrip
  if (response === null) {
    const text = visibleText(failure === null ? 'unknown' : `${failure.code}: ${failure.message}`)
    return (
      <div>
        <h4>No answer after {formatDuration(elapsed)}</h4>
        <Block text={text}>{verdict === null ? text : <mark>{text}</mark>}</Block>
      </div>
    )
  }
  const marked = verdict === null ? [] : decidingLines(response.headers, verdict)
  const status = `HTTP ${response.status}`
  const lines = response.headers.map((header) => visibleText(headerLine(header)))
  const kept = Buffer.byteLength(response.body)
  return (
    <div>
      <h4>
        Response, {response.bytes} bytes, {formatDuration(elapsed)}
      </h4>
      <Block text={[status, ...lines].join('\n')}>
        {verdict !== null && marked.length === 0 ? <mark>{status}</mark> : status}
        {lines.map((line, index) =>
          marked.includes(index) ? ['\n', <mark key={index}>{line}</mark>] : `\n${line}`,
        )}
      </Block>
      <Body
        body={response.body}
        headers={response.headers}
        limit={limit}
        unseen={Math.max(0, response.bytes - kept)}
      />
    </div>
  )
}

/** Header lines whose name the verdict's own words name; none means that the status decided. */
function decidingLines(headers: HeaderList, verdict: Verdict): number[] {
  const words = `${verdict.expected ?? ''} ${verdict.actual ?? ''} ${verdict.reason}`.toLowerCase()
  return headers.flatMap(([name], index) =>
    name.includes('-') && words.includes(name.toLowerCase()) ? [index] : [],
  )
}

interface BodyProps {
  body: string
  headers: HeaderList
  limit: number
  /** Bytes that the recorder counted but did not keep. */
  unseen: number
}

function Body({ body, headers, limit, unseen }: BodyProps): VNode | null {
  if (body === '') return unseen > 0 ? <p class="dim">{unseen} bytes, not kept</p> : null
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const { text, left } = prettyBody(body, type.toLowerCase(), limit)
  return (
    <>
      <Block text={text} />
      {left > 0 && <p class="dim">{left} more characters in report.json</p>}
      {unseen > 0 && <p class="dim">{unseen} more bytes were received and not kept</p>}
    </>
  )
}

function headerLine([name, value]: HeaderList[number]): string {
  const { text, left } = cutText(value, headerLimit)
  return `${name}: ${text}${left > 0 ? ` … ${left} more characters` : ''}`
}

function pathOf(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] || url
}
