import { Controls } from './controls.ts'
import { openRun } from './open-run.ts'
import type { OpenRun, RunRecord } from './open-run.ts'
import type { Lane } from './run.ts'
import type { Instance, RunSettings } from './run-settings.ts'

/** Further instances of the target, for probes that need one for themselves. */
export class Siblings {
  /** Those that came up, in that order. */
  readonly up: Lane[] = []
  private readonly openings: Promise<Opened | null>[] = []
  private readonly settings: RunSettings
  private readonly written: RunRecord
  private readonly first: OpenRun

  constructor(settings: RunSettings, written: RunRecord, first: OpenRun) {
    this.settings = settings
    this.written = written
    this.first = first
  }

  /**
   * Starts at most as many as the settings allow, processes one after the other for as long as they are
   * wanted. One that does not come up is null: the others do its work.
   */
  open(count: number, holdsToken: boolean, isWanted: () => boolean): Promise<Lane | null>[] {
    const allowed = Math.min(count, this.settings.siblings)
    const sharesProcess = this.settings.target.kind === 'server'
    return Array.from({ length: allowed }, async () => {
      const last = sharesProcess ? undefined : this.openings.at(-1)
      const opening = Promise.resolve(last).then(() => (isWanted() ? this.start() : null))
      this.openings.push(opening)
      const opened = await opening
      return opened && { run: opened.run, controls: new Controls(opened.run, holdsToken) }
    })
  }

  async close(): Promise<void> {
    const opened = await Promise.all(this.openings)
    await Promise.all(
      opened.map(async (each) => {
        await each?.run.http.close()
        await each?.instance.close()
      }),
    )
  }

  private async start(): Promise<Opened | null> {
    const instance = await this.settings.openSibling().catch(() => null)
    if (!instance) return null
    const run = openRun({ ...this.settings, ...instance }, this.written)
    const { revision, wire, base, negotiated, facts } = this.first
    Object.assign(run, { revision, wire, base, negotiated })
    run.facts = { ...run.facts, tool: facts['tool'] ?? null, wire: facts['wire'] ?? null }
    return { run, instance }
  }
}

interface Opened {
  run: OpenRun
  instance: Instance
}
