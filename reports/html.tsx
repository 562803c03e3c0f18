/**
 * The report as one page: self-contained, readable with script off, under a policy that allows
 * nothing but its one style and its one script.
 */
import { createHash } from 'node:crypto'
import { renderToString } from 'preact-render-to-string'
import type { VNode } from 'preact'
import type { RunResult } from '../harness/model.ts'
import { Appendix } from './page/appendix.tsx'
import { AreaCards, AreaSections } from './page/areas.tsx'
import { Banner } from './page/banner.tsx'
import { Filters } from './page/filters.tsx'
import { placeEvidence } from './page/placement.ts'
import type { Page } from './page/placement.ts'
import { script } from './page/script.ts'
import { style } from './page/style.ts'
import { visibleText } from './plain-text.ts'
import { verdictWords } from './verdict-words.ts'

/** A complete HTML document. Bodies are cut at 16 kB; `report.json` holds them whole. */
export function html(result: RunResult): string {
  return `<!doctype html>\n${renderToString(<Document page={placeEvidence(result)} />)}\n`
}

function Document({ page }: { page: Page }): VNode {
  const { target, revision, verdict } = page.result
  const title = `${verdictWords[verdict.kind]}: MCP authorization of ${target.url}`
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy()} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>{visibleText(title)}</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <a class="skip" href="#checks">
          Skip to the checks
        </a>
        <header>
          <div class="top">
            <h1>
              MCP authorization conformance
              <small>
                {target.name === target.url ? '' : `${visibleText(target.name)} · `}
                {visibleText(target.url)} · revision {revision} · {target.role}
              </small>
            </h1>
            <div class="tools js-only">
              <button type="button" id="theme">
                Light or dark
              </button>
              <button type="button" id="print">
                Print everything
              </button>
            </div>
          </div>
          <Banner page={page} />
          <nav aria-label="Areas">
            <AreaCards areas={page.areas} />
          </nav>
        </header>
        <main id="checks">
          <Filters page={page} />
          <AreaSections page={page} />
        </main>
        <footer>
          <Appendix page={page} />
        </footer>
        <script dangerouslySetInnerHTML={{ __html: script }} />
      </body>
    </html>
  )
}

function policy(): string {
  return [
    "default-src 'none'",
    `style-src '${digest(style)}'`,
    `script-src '${digest(script)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
