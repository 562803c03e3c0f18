/** Seconds since the epoch, as the tester sets them. */
export class Clock {
  readonly #source: () => number
  #offset = 0
  #frozen: number | null = null

  constructor(source: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#source = source
  }

  readonly now = (): number => this.#frozen ?? this.#source() + this.#offset

  /** Stands still, at this second or at the present one. */
  freeze(at: number = this.now()): void {
    this.#frozen = at
  }

  /** Goes ahead by so many seconds, or back. */
  move(seconds: number): void {
    if (this.#frozen === null) this.#offset += seconds
    else this.#frozen += seconds
  }

  /** Shows the true time again. */
  reset(): void {
    this.#offset = 0
    this.#frozen = null
  }
}
