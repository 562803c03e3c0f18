/**
 * Tells declared waits (cooldowns, settling, restarts of the target, an issuer that was taken down)
 * from work: a moment counts as waited when a wait is on and no exchange is. While an outage is
 * arranged an exchange takes as long as the target waits for its issuer, so it is a wait too.
 */
export class WaitClock {
  private waits = 0
  private works = 0
  private since = 0
  private total = 0
  private outages = 0

  /** Milliseconds in which nothing but declared waits went on. */
  get waited(): number {
    return Math.round(this.total)
  }

  async wait<T>(waiting: () => Promise<T>): Promise<T> {
    this.change(1, 0)
    try {
      return await waiting()
    } finally {
      this.change(-1, 0)
    }
  }

  /** An issuer is down from now on until the returned function is called. */
  beginOutage(): () => void {
    this.outages += 1
    return () => {
      this.outages -= 1
    }
  }

  async work<T>(working: () => Promise<T>): Promise<T> {
    if (this.outages > 0) return this.wait(working)
    this.change(0, 1)
    try {
      return await working()
    } finally {
      this.change(0, -1)
    }
  }

  private change(waits: number, works: number): void {
    const now = performance.now()
    if (this.waits > 0 && this.works === 0) this.total += now - this.since
    this.waits += waits
    this.works += works
    this.since = now
  }
}
