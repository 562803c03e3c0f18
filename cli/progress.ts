import type { Progress } from '../harness/run.ts'

/** Progress goes to standard error: a live line on a terminal, a plain line a phase elsewhere. */
export function showProgress({ quiet }: { quiet: boolean }): {
  listener: Progress
  end: () => void
} {
  if (quiet) return { listener: {}, end: () => undefined }
  const live =
    process.stderr.isTTY && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb'
  let judged = 0
  let violations = 0
  let phase = 'opening'
  let underWay: string[] = []
  const draw = (): void => {
    if (live)
      process.stderr.write(
        `\r\u001B[2K${phase} · ${judged} judged${violations > 0 ? ` · ${violations} violated` : ''}${underWayWords(underWay, ' · waiting in ')}`.slice(
          0,
          process.stderr.columns + 5,
        ),
      )
  }
  const heartbeat = live
    ? null
    : setInterval(
        () =>
          process.stderr.write(
            `still running: ${phase}, ${judged} judged${underWayWords(underWay, ', waiting in ')}\n`,
          ),
        30_000,
      )
  heartbeat?.unref()
  return {
    listener: {
      onPhase: (name, probes) => {
        phase = `${probes} probes ${name}`
        if (live) draw()
        else if (probes > 0) process.stderr.write(`${phase}\n`)
      },
      onUnderWay: (checks) => {
        underWay = checks
        draw()
      },
      onVerdicts: (verdicts) => {
        judged += verdicts.length
        violations += verdicts.filter(({ outcome }) => outcome === 'violation').length
        draw()
      },
    },
    end: () => {
      if (heartbeat) clearInterval(heartbeat)
      if (live) process.stderr.write('\r\u001B[2K')
    },
  }
}

/** The first few checks that take their time. */
function underWayWords(checks: string[], before: string): string {
  if (checks.length === 0) return ''
  const more = checks.length > 3 ? ` and ${checks.length - 3} more` : ''
  return `${before}${checks.slice(0, 3).join(', ')}${more}`
}
