import { createHash, timingSafeEqual } from 'node:crypto'

export interface Person {
  id: string
  username: string
  password: string
  name: string
  email: string
}

/** Who has an account at the product. */
const people: Person[] = [
  {
    id: '1',
    username: 'alice',
    password: 'password123',
    name: 'Alice Smith',
    email: 'alice@example.com',
  },
  {
    id: '2',
    username: 'bob',
    password: 'password456',
    name: 'Bob Jones',
    email: 'bob@example.com',
  },
]

export function findPerson(id: unknown): Person | undefined {
  return people.find((person) => person.id === id)
}

export function findByName(username: string): Person | undefined {
  return people.find((person) => person.username === username)
}

/** The account that a user name and a password open. */
export function checkPassword(username: string, password: string): Person | undefined {
  const person = findByName(username)
  return isSameSecret(password, person?.password ?? '') ? person : undefined
}

/** In constant time; the empty text is nobody's secret. */
export function isSameSecret(presented: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(presented), digest(secret)) && secret !== ''
}
