/** Thrown by a handler instead of an answer: whoever serves it drops the connection. */
export class DropConnection extends Error {
  constructor() {
    super('the mock drops this connection')
    this.name = 'DropConnection'
  }
}
