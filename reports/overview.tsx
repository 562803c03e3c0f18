/**
 * One page over several runs: servers across, areas down, each cell leading into the page of its run.
 */
import { createHash } from 'node:crypto'
import { renderToString } from 'preact-render-to-string'
import type { VNode } from 'preact'
import type { RunResult } from '../harness/model.ts'
import { style } from './page/style.ts'
import { slug } from './page/placement.ts'
import { visibleText } from './plain-text.ts'
import { formatDuration, viewAreas } from './result-view.ts'
import type { AreaView } from './result-view.ts'
import { countWords, standings, standingWords, verdictWords } from './verdict-words.ts'

/** A run and where its own page is, as seen from the overview. */
export interface OverviewEntry {
  result: RunResult
  page: string
}

/** A complete HTML document. */
export function overview(entries: OverviewEntry[]): string {
  return `<!doctype html>\n${renderToString(<Document entries={entries} />)}\n`
}

function Document({ entries }: { entries: OverviewEntry[] }): VNode {
  const digest = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={policy} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>MCP authorization conformance of {entries.length} runs</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: style }} />
      </head>
      <body>
        <header>
          <h1>
            MCP authorization conformance
            <small>
              {entries.length} runs; each cell leads to the checks of that area in the page of its
              run
            </small>
          </h1>
        </header>
        <main>
          <Matrix entries={entries} />
        </main>
      </body>
    </html>
  )
}

function Matrix({ entries }: { entries: OverviewEntry[] }): VNode {
  const views = entries.map(({ result }) => viewAreas(result))
  const areas = [...new Set(views.flat().map(({ area }) => area))]
  return (
    <div class="runs" tabIndex={0} role="region" aria-label="Runs by area">
      <table>
        <thead>
          <tr>
            <th scope="col">Area</th>
            {entries.map(({ result, page }) => (
              <th scope="col" key={page}>
                <a href={page}>{visibleText(result.target.name)}</a>
                <br />
                {result.revision}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">verdict</th>
            {entries.map(({ result, page }) => (
              <td key={page}>
                <b>{verdictWords[result.verdict.kind]}</b>
                <br />
                {result.coverage.must.judged} of {result.coverage.must.applicable} MUST
                <br />
                {formatDuration(result.elapsed)}
              </td>
            ))}
          </tr>
          {areas.map((area) => (
            <tr key={area}>
              <th scope="row">{visibleText(area)}</th>
              {entries.map(({ page }, index) => (
                <Cell
                  key={page}
                  page={page}
                  view={views[index]?.find((each) => each.area === area)}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell({ view, page }: { view: AreaView | undefined; page: string }): VNode {
  if (view === undefined) return <td>–</td>
  const present = standings.filter(
    (standing) => view.counts[standing] > 0 && standing !== 'not-applicable',
  )
  if (present.length === 0) return <td title="no check of this area applies">–</td>
  return (
    <td>
      <a href={`${page}#area-${slug(view.area)}`}>
        {present.map((standing) => (
          <span key={standing} title={countWords(view.counts[standing], standing)}>
            {standingWords[standing].symbol} {view.counts[standing]}{' '}
          </span>
        ))}
      </a>
    </td>
  )
}
