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
  const draw = (): void => {
    if (live)
      process.stderr.write(
        `\r\u001B[2K${phase} · ${judged} judged${violations > 0 ? ` · ${violations} violated` : ''}`,
      )
  }
  const heartbeat = live
    ? null
    : setInterval(() => process.stderr.write(`still running: ${phase}, ${judged} judged\n`), 30_000)
  heartbeat?.unref()
  return {
    listener: {
      onPhase: (name, probes) => {
        phase = `${probes} probes ${name}`
        if (live) draw()
        else if (probes > 0) process.stderr.write(`${phase}\n`)
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
