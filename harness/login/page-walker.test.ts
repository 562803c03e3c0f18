import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { PageWalker } from './page-walker.ts'
import { logIn } from './user-agent.ts'

const back = 'http://127.0.0.1:1/callback'

interface Seen {
  method: string
  url: string
  cookie: string
  body: string
}

/** A product with a login of its own: a form, a cookie, a consent, the way back. */
async function product(): Promise<{ origin: string; seen: Seen[]; walker: PageWalker }> {
  const seen: Seen[] = []
  const pages: Record<string, string> = {
    '/login': `<title>Log in</title><script>no</script><form><input name=q></form>
      <form method=post action="/login?x=1"><input type=hidden name=state value="a&amp;b">
      <input name=username><input type=password name=secret><button>Log in</button></form>`,
    '/consent': `<form method=post action=/decide><button name=decision value=deny>Deny</button>
      <button name=decision value=allow>Allow</button></form>`,
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, cookie: headers.cookie ?? '', body })
      const path = url.replace(/\?.*/, '')
      const go = (to: string, cookie = ''): void => {
        response.writeHead(302, { location: to, ...(cookie && { 'set-cookie': cookie }) }).end()
      }
      if (path === '/authorize') return go('/login', 'way=in; Path=/; HttpOnly')
      if (path === '/login' && method === 'POST') {
        if (body.includes('secret=right')) return go('/consent')
        return void response.writeHead(401).end(`${pages['/login']}<p>Wrong password.</p>`)
      }
      if (path === '/decide') return go(`${back}?code=c1&state=s1&said=${body}`)
      if (path === '/loop') return go('/loop')
      response.writeHead(pages[path] ? 200 : 404, { 'content-type': 'text/html' })
      response.end(pages[path])
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const walker = new PageWalker(async ({ method, url, headers, body }) => {
    const init = { method, headers, redirect: 'manual' as const }
    const answer = await fetch(url, body === undefined ? init : { ...init, body })
    return { status: answer.status, headers: [...answer.headers], body: await answer.text() }
  }, back)
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, walker }
}

it('shows the form that asks for a password, and how it came there', async () => {
  const { origin, walker } = await product()
  const page = await walker.visit(`${origin}/authorize?client_id=x`)
  expect(page).toMatchObject({
    url: `${origin}/login`,
    status: 200,
    title: 'Log in',
    fields: { state: 'a&b', username: '', secret: '' },
    passwordField: 'secret',
    buttons: ['Log in'],
    redirects: [{ status: 302, to: `${origin}/login`, query: {} }],
    callback: null,
  })
  expect(page.text).not.toContain('no')
})

it('logs in, agrees and stops where the client has its way back', async () => {
  const { origin, walker, seen } = await product()
  const start = await walker.visit(`${origin}/authorize`)
  const page = await logIn(walker, start, { username: 'al ice', password: 'right' })
  expect(page.callback).toEqual({ code: 'c1', state: 's1', said: 'decision=allow' })
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /authorize',
    'GET /login',
    'POST /login?x=1',
    'GET /consent',
    'POST /decide',
  ])
  expect(seen[2]).toMatchObject({
    cookie: 'way=in',
    body: 'state=a%26b&username=al+ice&secret=right',
  })
})

it('stays at the form when the password is wrong', async () => {
  const { origin, walker } = await product()
  await walker.visit(`${origin}/login`)
  const page = await walker.submit({ fill: { username: 'alice', secret: 'wrong' }, press: null })
  expect(page).toMatchObject({ status: 401, callback: null, redirects: [] })
  expect(page.text).toContain('Wrong password.')
})

it.each([
  [{ fill: { user: 'x' }, press: null }, 'the form has no field "user"'],
  [{ fill: {}, press: 'Allow' }, 'the form has no button "Allow"; it has: Log in'],
])('says what a form does not have: %j', async (order, message) => {
  const { origin, walker } = await product()
  await walker.visit(`${origin}/login`)
  expect(() => walker.submit(order)).toThrow(message)
})

it('says that a page has no form, and that redirects do not end', async () => {
  const { origin, walker } = await product()
  await walker.visit(`${origin}/nothing`)
  expect(() => walker.submit({ fill: {}, press: null })).toThrow('has no form')
  await expect(walker.visit(`${origin}/loop`)).rejects.toThrow('more than 20 times')
})
