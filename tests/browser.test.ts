import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import type { RunResult } from '../harness/model.ts'
import { html } from '../reports/html.tsx'

const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

interface Shown {
  step: string
  title: string
  text: string
  screenshots: number
}

/** What the browser showed at each step, in the order of the probes; every picture is one. */
function shownIn({ evidence }: RunResult): Shown[] {
  const answers = evidence.flatMap(({ steps }) =>
    steps.flatMap(({ name, answers: all }) => all.map((answer) => ({ step: name, ...answer }))),
  )
  return answers.flatMap(({ step, json, screenshots = [] }) => {
    for (const each of screenshots)
      expect(Buffer.from(each, 'base64').toString('latin1', 1, 4)).toBe('PNG')
    if (screenshots.length === 0) return []
    const { title, text } = json as { title: string; text: string }
    return { step, title, text, screenshots: screenshots.length }
  })
}

const picturesIn = (result: RunResult): number =>
  html(result).match(/src="data:image\/png;base64,/g)?.length ?? 0

const excused = !existsSync(chromium) && process.env['CI'] === undefined

describe.skipIf(excused)('a run with a real browser', { timeout: 120_000 }, () => {
  it('logs in through Chromium, and the report shows what it showed', async () => {
    const result = await runConformance({
      server: 'local-rsa',
      revision: '2025-11-25',
      browser: true,
      only: ['flow.login', 'flow.step-up'],
    })
    expect(result.verdicts.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['flow.login', 'pass'],
      ['flow.step-up', 'pass'],
    ])
    const pages = shownIn(result).reduce((sum, { screenshots }) => sum + screenshots, 0)
    expect(pages).toBeGreaterThanOrEqual(4)
    expect(picturesIn(result)).toBe(pages)
    expect(JSON.stringify(result).includes('wonderland')).toBe(false)
  })

  it('types into the form of the todo app, reads its error, and agrees', async () => {
    const result = await runConformance({
      server: 'byoa-todo',
      revision: '2025-11-25',
      browser: true,
      only: ['flow.own-login*'],
    })
    expect(result.verdicts.filter(({ outcome }) => outcome !== 'pass')).toEqual([])
    expect(result.verdicts.length).toBeGreaterThanOrEqual(12)
    const shown = shownIn(result)
    const typed = shown.filter(({ step }) => step === 'typed')
    expect(typed).toContainEqual({
      step: 'typed',
      title: 'Log in to Todo App',
      text: 'Log in to Todo App Invalid username or password. Try again',
      screenshots: 2,
    })
    expect(typed.map(({ title }) => title)).toContain('Allow access?')
    // the form, the form filled in, the consent page
    expect(shown.filter(({ step }) => step === 'logged-in')).toMatchObject([
      { screenshots: 3 },
      { screenshots: 3 },
    ])
    expect(picturesIn(result)).toBe(shown.reduce((sum, { screenshots }) => sum + screenshots, 0))
    expect(html(result)).toContain('What the browser showed</a>')
    expect(JSON.stringify(result)).not.toMatch(/password(123|456)/)
  })
})
