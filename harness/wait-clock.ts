/**
 * Tells declared waits (cooldowns, settling, restarts of the target) from work: a moment counts as
 * waited when a wait is on and no exchange is.
 */
export class WaitClock {
  private waits = 0
  private works = 0
  private since = 0
  private total = 0

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

  async work<T>(working: () => Promise<T>): Promise<T> {
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
