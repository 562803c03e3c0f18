import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser, filledIn } from '../../../tests/vendors/byoa-system.ts'
import { todoApp } from './program.ts'

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: unknown
}

const running: { close(): Promise<void> }[] = []
afterAll(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()))
})

async function started(fault = ''): Promise<string> {
  const app = await todoApp.start({ TODO_APP_PORT: '0', FAULT: fault })
  running.push(app)
  return app.url
}

let url = ''
beforeAll(async () => {
  url = await started()
})

function send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Response> {
  return fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const key = 'demo-api-key-12345'
const as = (id: string): Record<string, string> => ({ 'x-api-key': key, 'x-user-id': id })
const alice = as('1')

const result = async (answer: Response): Promise<[number, unknown]> => [
  answer.status,
  await answer.json(),
]

describe('the REST API', () => {
  it.each([
    ['1', ['todo-1', 'todo-2']],
    ['2', ['todo-3']],
    ['nobody', []],
  ])('lists the todos of user %s alone', async (id, expected) => {
    const answer = await send('/api/todos', { headers: as(id) })
    const { todos } = (await answer.json()) as { todos: { id: string }[] }
    expect(todos.map((todo) => todo.id)).toEqual(expected)
  })

  it('creates, changes and deletes', async () => {
    const headers = as('3')
    const created = await send('/api/todos', { method: 'POST', headers, body: { title: 'new' } })
    expect(created.status).toBe(201)
    const { todo } = (await created.json()) as { todo: { id: string } }
    const own = { id: todo.id, title: 'new', completed: false, userId: '3' }
    expect(todo).toEqual({ ...own, id: expect.stringMatching(/^todo-[0-9a-f]{8}$/) as string })
    const path = `/api/todos/${todo.id}`
    const done = { ...own, completed: true }
    expect(
      await result(await send(path, { method: 'PUT', headers, body: { completed: true } })),
    ).toEqual([200, { todo: done }])
    expect(await result(await send(path, { method: 'DELETE', headers }))).toEqual([
      200,
      { deleted: done },
    ])
    expect(await result(await send('/api/todos', { headers }))).toEqual([200, { todos: [] }])
  })

  it('takes a form as well', async () => {
    const body = new URLSearchParams({ title: 'by form' })
    const answer = await fetch(`${url}/api/todos`, { method: 'POST', headers: as('4'), body })
    expect(await result(answer)).toMatchObject([201, { todo: { title: 'by form' } }])
  })

  it.each<[about: string, sent: Sent & { path?: string }, status: number, error: string]>([
    ['a wrong key', { headers: { 'x-api-key': 'no' } }, 401, 'Invalid API key'],
    ['an empty key', { headers: { 'x-api-key': '' } }, 401, 'Invalid API key'],
    ['neither key nor cookie', {}, 401, 'Authentication required'],
    ['no user', { headers: { 'x-api-key': key } }, 400, 'x-user-id is required'],
    ['no body', { method: 'POST', headers: alice }, 400, 'Title is required'],
    [
      'an empty title',
      { method: 'POST', headers: alice, body: { title: '' } },
      400,
      'Title is required',
    ],
    [
      "another user's todo",
      { path: '/todo-3', method: 'PUT', headers: alice, body: { title: 'x' } },
      404,
      'Todo not found',
    ],
    [
      "the end of another user's todo",
      { path: '/todo-3', method: 'DELETE', headers: alice },
      404,
      'Todo not found',
    ],
  ])('refuses %s', async (_, { path = '', ...sent }, status, error) => {
    const answer = await send(`/api/todos${path}`, sent)
    expect(await result(answer)).toEqual([status, { error }])
    expect(answer.headers.has('www-authenticate')).toBe(status === 401)
  })

  it('tells nothing of its inside to who sends no JSON', async () => {
    const answer = await fetch(`${url}/api/todos`, {
      method: 'POST',
      headers: { ...alice, 'content-type': 'application/json' },
      body: '{',
    })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toBe('<!doctype html><title>Error</title><pre>Bad Request</pre>')
  })

  it('answers other paths with a page that says no', async () => {
    const answer = await send('/nowhere')
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      404,
      'text/html; charset=utf-8',
    ])
  })
})

describe('the own login', () => {
  const credentials = { username: 'alice', password: 'password123' }

  it('opens a session that the API knows, until the logout', async () => {
    const answer = await send('/auth/login', { method: 'POST', body: credentials })
    expect(await result(answer)).toEqual([
      200,
      { message: 'Logged in', user: { id: '1', name: 'Alice Smith' } },
    ])
    const [cookie = ''] = answer.headers.getSetCookie()
    expect(cookie).toMatch(/^connect\.sid=.+; Path=\/; Expires=.+; HttpOnly; SameSite=Lax$/)
    const headers = { cookie: cookie.split(';')[0] ?? '' }
    expect((await send('/api/todos', { headers })).status).toBe(200)
    const wrong = { ...headers, 'x-api-key': 'no' }
    expect((await send('/api/todos', { headers: wrong })).status).toBe(401)
    const out = await send('/auth/logout', { method: 'POST', headers })
    expect(await result(out)).toEqual([200, { message: 'Logged out' }])
    expect((await send('/api/todos', { headers })).status).toBe(401)
  })

  it.each([
    [{ ...credentials, password: 'wrong' }, 401, 'Unauthorized'],
    [{ ...credentials, username: 'nobody' }, 401, 'Unauthorized'],
    [{ username: 'nobody', password: '' }, 400, 'Bad Request'],
    [{ username: 'alice' }, 400, 'Bad Request'],
  ])('refuses %o', async (body, status, text) => {
    const answer = await send('/auth/login', { method: 'POST', body })
    expect([answer.status, await answer.text()]).toEqual([status, text])
  })
})

describe('the login for MCP clients', () => {
  const query = (state: string, id = `lri_${state}`): string =>
    `/auth/mcp-login?${new URLSearchParams({ login_request_id: id, state })}`
  const right = { username: 'alice', password: 'password123' }

  it('shows a form that repeats what it was given, harmlessly', async () => {
    const answer = await send(query('"><script>alert(1)</script>'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await answer.text()
    expect(page).not.toContain('<script>')
    expect(page).toContain(
      '<input type="hidden" name="state" value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">',
    )
    expect(page).toMatch(/name="username".*\n.*\n.*name="password"/)
  })

  it.each(['?state=x', '?login_request_id=x', '?login_request_id=x&state=', '?state=a&state=b'])(
    'misses something in %s',
    async (search) => {
      const answer = await send(`/auth/mcp-login${search}`)
      expect([answer.status, await answer.text()]).toEqual([
        400,
        'Missing login_request_id or state parameter.',
      ])
    },
  )

  it('misses something in a form without a login request', async () => {
    const answer = await send('/auth/mcp-login-callback', { method: 'POST', body: right })
    expect([answer.status, await answer.text()]).toEqual([
      400,
      'Missing login_request_id or state.',
    ])
  })

  it('says that the password is wrong, and lets try again', async () => {
    const browser = new Browser()
    const answer = await browser.logIn(url + query('again'), 'alice', 'wrong')
    expect(answer.status).toBe(401)
    const page = await answer.text()
    expect(page).toContain('Invalid username or password.')
    expect(page).toContain(`href="${query('again').replace('&', '&amp;')}"`)
    expect((await browser.open(url + query('again'))).status).toBe(200)
  })

  it('serves a login request to the browser that opened it, and to no other', async () => {
    const [first, second] = [new Browser(), new Browser()]
    const page = await (await first.open(url + query('bound'))).text()
    const opened = await second.open(url + query('bound'))
    expect([opened.status, await opened.text()]).toEqual([
      403,
      'This login was begun in another browser.',
    ])
    const stolen = await second.open(...filledIn(page, url, right))
    expect(stolen.status).toBe(403)
  })

  it.each<[id: string, change: Record<string, string>]>([
    ['another state', { state: 'other' }],
    ['another login request', { login_request_id: 'lri_unknown' }],
    ['another anti-forgery value', { form_token: 'guessed' }],
  ])('takes no form with %s', async (id, change) => {
    const browser = new Browser()
    const page = await (await browser.open(url + query('form', id))).text()
    const answer = await browser.open(...filledIn(page, url, { ...right, ...change }))
    expect(answer.status).toBe(403)
  })

  it('does not log in to the product', async () => {
    const browser = new Browser()
    await browser.logIn(url + query('product'), 'alice', 'password123')
    expect((await browser.open(`${url}/api/todos`)).status).toBe(401)
  })
})

describe('the planted faults', () => {
  const login = '/auth/mcp-login?login_request_id=lri_1&state='

  it('todo-login-xss: the page repeats a script', async () => {
    const answer = await fetch(`${await started('todo-login-xss')}${login}"><script>1</script>`)
    expect(await answer.text()).toContain('"><script>1</script>')
    expect(answer.headers.has('content-security-policy')).toBe(false)
  })

  it('todo-login-unbound: a form without a cookie or a token gets as far as the provider', async () => {
    const at = await started('todo-login-unbound')
    await new Browser().open(`${at}${login}x`)
    const answer = await new Browser().logIn(`${at}${login}x`, 'alice', 'password123')
    expect([answer.status, await answer.text()]).toEqual([
      500,
      'Failed to complete authentication with Scalekit.',
    ])
    const right = { login_request_id: 'lri_2', state: 'y', username: 'alice', password: 'x' }
    const bare = await new Browser().open(
      `${at}/auth/mcp-login-callback`,
      new URLSearchParams(right),
    )
    expect(bare.status).toBe(401)
  })

  it('todo-stack-trace: traces, 200 for a wrong password, a cookie for everybody', async () => {
    const at = await started('todo-stack-trace')
    const broken = await fetch(`${at}/api/todos`, {
      method: 'POST',
      headers: { ...alice, 'content-type': 'application/json' },
      body: '{',
    })
    expect(await broken.text()).toMatch(/SyntaxError[^]*\n +at /)
    const wrong = await new Browser().logIn(`${at}${login}x`, 'alice', 'wrong')
    expect(wrong.status).toBe(200)
    const page = await fetch(`${at}${login}x2`)
    expect(page.headers.getSetCookie()[0]).not.toContain('SameSite')
  })

  it('todo-default-user-header: a call that names nobody sees the todos of user 1', async () => {
    const answer = await fetch(`${await started('todo-default-user-header')}/api/todos`, {
      headers: { 'x-api-key': key },
    })
    expect(await answer.text()).toContain('Review Q4 report')
  })

  it('object-owner-unchecked: a todo is found whoever asks', async () => {
    const at = await started('object-owner-unchecked')
    const answer = await fetch(`${at}/api/todos/todo-3`, { method: 'PUT', headers: alice })
    expect(await result(answer)).toMatchObject([200, { todo: { userId: '2' } }])
  })
})
