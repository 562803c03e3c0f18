import { randomUUID } from 'node:crypto'

interface Note {
  id: string
  account: string
  text: string
}

/** The notes of every account, in memory. */
export class Notes {
  readonly #notes: Note[] = []

  list(account: string): string[] {
    return this.#notes.filter((note) => note.account === account).map(({ text }) => text)
  }

  add(account: string, text: string, id: string = randomUUID()): void {
    this.#notes.push({ id, account, text })
  }

  /** The text of a note; to anybody but its owner it does not exist. */
  read(account: string, id: string): string | undefined {
    return this.#notes.find((note) => note.id === id && this.mayRead(account, note))?.text
  }

  protected mayRead(account: string, note: Note): boolean {
    return note.account === account
  }
}
