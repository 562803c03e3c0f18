/** Lets a bounded number of exchanges run at a time; a server that asks for less gets less. */
export class Limiter {
  private readonly most: number
  private limit: number
  private active = 0
  private good = 0
  private readonly waiting: (() => void)[] = []

  constructor(most: number) {
    this.most = most
    this.limit = most
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.active >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve))
    else this.active += 1
    try {
      return await task()
    } finally {
      this.active -= 1
      this.admit()
    }
  }

  /** After a 429 or a 503 with Retry-After: half as many at a time, at least one. */
  lower(): void {
    this.limit = Math.max(1, Math.floor(this.limit / 2))
    this.good = 0
  }

  /** After an ordinary answer: one more at a time for every twenty of them. */
  raise(): void {
    this.good += 1
    if (this.good % 20 === 0) this.limit = Math.min(this.most, this.limit + 1)
  }

  private admit(): void {
    while (this.active < this.limit) {
      const next = this.waiting.shift()
      if (!next) return
      this.active += 1
      next()
    }
  }
}
