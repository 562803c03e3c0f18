import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runConformance } from '../harness/index.ts'
import { html } from '../reports/html.tsx'

const chromium = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'

describe('a run with a real browser', () => {
  it.skipIf(!existsSync(chromium) && process.env['CI'] === undefined)(
    'logs in through Chromium, and the report shows what it showed',
    { timeout: 120_000 },
    async () => {
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
      const shown = result.evidence.flatMap(({ steps }) =>
        steps.flatMap(({ answers }) => answers.flatMap(({ screenshots = [] }) => screenshots)),
      )
      expect(shown.length).toBeGreaterThanOrEqual(4)
      for (const each of shown)
        expect(Buffer.from(each, 'base64').toString('latin1', 1, 4)).toBe('PNG')
      expect(html(result).match(/src="data:image\/png;base64,/g)).toHaveLength(shown.length)
      expect(JSON.stringify(result).includes('wonderland')).toBe(false)
    },
  )
})
