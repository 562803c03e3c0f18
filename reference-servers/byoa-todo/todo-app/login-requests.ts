import { Expiring } from './expiring.ts'
import type { OpenedLogin } from './rules.ts'

/**
 * The login requests of the provider that a browser has opened. The first browser has it, so that
 * nobody else's password completes what it began.
 */
export class LoginRequests {
  readonly #opened = new Expiring<OpenedLogin>()

  /** The login request as it was opened first, which may be now. */
  open(id: string, login: OpenedLogin): OpenedLogin {
    const known = this.find(id)
    if (known) return known
    this.#opened.set(id, login)
    return login
  }

  find(id: string): OpenedLogin | undefined {
    return this.#opened.get(id)
  }

  close(id: string): void {
    this.#opened.delete(id)
  }
}
