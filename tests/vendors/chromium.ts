import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const wellKnown = [
  process.env['PLAYWRIGHT_CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  chromium.executablePath(),
]

/** Where Chromium is on this machine; undefined where there is none. */
export const chromiumPath: string | undefined = wellKnown.find((path) => existsSync(path))

/** @throws Error when there is no Chromium, with what to do about it */
export function openChromium(): Promise<Browser> {
  if (chromiumPath === undefined) {
    throw new Error('no Chromium: install one, or name it in PLAYWRIGHT_CHROMIUM_PATH')
  }
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: chromiumPath, args: [...quiet, ...sandbox] })
}
