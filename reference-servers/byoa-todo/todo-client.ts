import type { Principal } from '../resource-server/principal.ts'

/** Why the REST API did not do what it was asked. */
export class TodoFailure extends Error {
  /** The URL that was asked; not for callers. */
  readonly url: string
  /** Null when there was no answer. */
  readonly status: number | null
  readonly statusText: string
  /** Where its user has to go first. */
  readonly connect: string | null

  constructor(
    url: string,
    answer: { status: number | null; statusText?: string; connect?: string | null },
  ) {
    super(`${url} answered ${answer.status ?? 'nothing'}`)
    this.name = 'TodoFailure'
    this.url = url
    this.status = answer.status
    this.statusText = answer.statusText ?? ''
    this.connect = answer.connect ?? null
  }
}

export interface TodoApi {
  baseUrl: string
  apiKey: string
}

type Answer = Record<string, unknown>

const timeoutMs = 5000

/** For whom the REST API is called; the token of the MCP client stays here. */
export function userHeaders({ subject }: Principal): Record<string, string> {
  return { 'x-user-id': subject }
}

/** Calls the REST API with the key of this server. Rejects with a `TodoFailure`. */
export async function callTodoApi(
  { baseUrl, apiKey }: TodoApi,
  user: Record<string, string>,
  { method, path, body }: { method: string; path: string; body?: object },
): Promise<Answer> {
  const url = baseUrl + path
  const response = await fetch(url, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'x-api-key': apiKey,
      ...user,
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new TodoFailure(url, { status: null })
  })
  const answer = (await response.json().catch(() => null)) as Answer | null
  if (response.ok && answer !== null) return answer
  const { status, statusText } = response
  const connect =
    status === 409 && typeof answer?.['connect'] === 'string' ? answer['connect'] : null
  throw new TodoFailure(url, { status, statusText, connect })
}

const todos = '/api/todos'

/** One segment and nothing else: no separators, no dots that a URL would resolve. */
export function todoPath(id: string): string | null {
  return /^[\w-]+$/.test(id) ? `${todos}/${id}` : null
}

/** The calendar that a user has connected. */
export const calendarPath = '/api/calendar'

/** Where all todos of a user are. */
export const todosPath: string = todos

export function describeFailure({ status }: TodoFailure): string {
  if (status === null) return 'The todo app does not answer.'
  return refusals[status] ?? `The todo app refused the request with status ${status}.`
}

/** Our own words for what a caller can mend; those of the app stay here. */
const refusals: Record<number, string> = { 400: 'Title is required', 404: 'Todo not found' }
