/** The notes of every account, in memory. */
export class Notes {
  readonly #byAccount = new Map<string, string[]>()

  list(account: string): string[] {
    return [...(this.#byAccount.get(account) ?? [])]
  }

  add(account: string, text: string): void {
    this.#byAccount.set(account, [...this.list(account), text])
  }
}
