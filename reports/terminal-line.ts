import type { RunResult } from '../harness/model.ts'
import { visibleText } from './plain-text.ts'
import { countStandings, formatDuration } from './result-view.ts'
import { countWords, standings, verdictWords } from './verdict-words.ts'

/** One run in one line, for a run over several servers. */
export function terminalLine(result: RunResult): string {
  const { target, revision, verdict, verdicts, strict, elapsed, waited } = result
  const counts = countStandings(verdicts, strict)
  const words = standings
    .filter((standing) => counts[standing] > 0 && standing !== 'not-applicable')
    .map((standing) => countWords(counts[standing], standing))
  const name = visibleText(target.name).padEnd(18)
  const time = `${formatDuration(elapsed)} (${formatDuration(waited)} waiting)`
  return ` ${name} ${revision}  ${verdictWords[verdict.kind].padEnd(14)}  ${words.join(', ')}  ${time}`
}
