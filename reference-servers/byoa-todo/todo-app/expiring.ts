const tenMinutes = 600_000
const most = 10_000

/** What is remembered for ten minutes, and not more of it than memory bears. */
export class Expiring<T> {
  readonly #entries = new Map<string, { value: T; until: number }>()

  get(key: string): T | undefined {
    const known = this.#entries.get(key)
    return known && known.until > Date.now() ? known.value : undefined
  }

  set(key: string, value: T): void {
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= most && !oldest.done) this.#entries.delete(oldest.value)
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: Date.now() + tenMinutes })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
