import type { OpenedLogin } from './rules.ts'

const tenMinutes = 600_000
const most = 10_000

/**
 * The login requests of the provider that a browser has opened. The first browser has it, so that
 * nobody else's password completes what it began.
 */
export class LoginRequests {
  readonly #opened = new Map<string, OpenedLogin & { until: number }>()

  /** The login request as it was opened first, which may be now. */
  open(id: string, login: OpenedLogin): OpenedLogin {
    const known = this.find(id)
    if (known) return known
    const oldest = this.#opened.keys().next()
    if (this.#opened.size >= most && !oldest.done) this.#opened.delete(oldest.value)
    this.#opened.delete(id)
    this.#opened.set(id, { ...login, until: Date.now() + tenMinutes })
    return login
  }

  find(id: string): OpenedLogin | undefined {
    const known = this.#opened.get(id)
    return known && known.until > Date.now() ? known : undefined
  }

  close(id: string): void {
    this.#opened.delete(id)
  }
}
