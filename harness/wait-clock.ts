/**
 * Tells declared waits (cooldowns, settling, an issuer that was taken down) from work: a moment counts
 * as waited when tasks are under way and every one of them waits.
 */
export class WaitClock {
  private tasks = 0
  private waits = 0
  private since = 0
  private total = 0

  /** Milliseconds in which nothing but declared waits went on. */
  get waited(): number {
    return Math.round(this.total)
  }

  /** A task of the run: a probe with its controls. */
  async work<T>(task: () => Promise<T>): Promise<T> {
    this.change(1, 0)
    try {
      return await task()
    } finally {
      this.change(-1, 0)
    }
  }

  /** A pause within a task. */
  wait<T>(pause: () => Promise<T>): Promise<T> {
    return this.asWait(pause)
  }

  /** What takes as long as somebody else waits: an exchange while the target's issuer is down. */
  async asWait<T>(waiting: () => Promise<T>): Promise<T> {
    this.change(0, 1)
    try {
      return await waiting()
    } finally {
      this.change(0, -1)
    }
  }

  /** Branches of one task: it waits when all of them do. */
  branch<T>(branches: (() => Promise<T>)[]): Promise<T[]> {
    return this.asWait(() => Promise.all(branches.map((each) => this.work(each))))
  }

  private change(tasks: number, waits: number): void {
    const now = performance.now()
    if (this.waits > 0 && this.waits === this.tasks) this.total += now - this.since
    this.tasks += tasks
    this.waits += waits
    this.since = now
  }
}
