import { Answer } from './answer.ts'
import type { IssuerCore } from './core.ts'
import { Html, html } from './html.ts'

const style = `body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.4rem}label{display:block;margin-top:1rem}
input{font:inherit;box-sizing:border-box;width:100%;padding:.4rem;border:1px solid #767676;border-radius:.25rem}
button{font:inherit;margin:1.2rem .6rem 0 0;padding:.45rem 1.1rem;border:1px solid #1b1b1b;border-radius:.25rem;background:#1b1b1b;color:#fff}
button.quiet{background:#fff;color:#1b1b1b}:focus-visible{outline:3px solid #1b6ac9;outline-offset:2px}
.alert{border-left:.3rem solid #b3261e;padding:.4rem .8rem;background:#fceeee}dt{font-weight:600}dd{margin:0 0 .6rem;overflow-wrap:anywhere}`

export interface Page {
  title: string
  body: Html
  status?: number
  /** Where a form of the page may lead in the end, beside this issuer: a redirect counts as well. */
  leadsTo?: string
  header?: Record<string, string>
}

/** A page for a person: without script, never stored, never in a frame. */
export function pageResponse(
  { title, body, status, leadsTo, header }: Page,
  core: IssuerCore,
): Answer {
  const framed = core.profile.rules.framingRefused
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `form-action 'self'${leadsTo === undefined ? '' : ` ${formTarget(leadsTo)}`}`,
    "base-uri 'none'",
    ...(framed ? ["frame-ancestors 'none'"] : []),
  ]
  return new Answer(document.text, {
    status: status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...(framed ? { 'x-frame-options': 'DENY' } : {}),
      ...header,
    },
  })
}

/** What somebody else named, for a page. */
export function foreign(text: string, core: IssuerCore): Html | string {
  return core.profile.rules.pagesEscaped ? text : new Html(text)
}

/** A source of a content security policy: the origin, or the scheme of a private-use redirect. */
function formTarget(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return origin === 'null' ? protocol : origin
}
