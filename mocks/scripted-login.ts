export interface LoginScript {
  username: string
  password: string
  /** What the user answers to the consent page. */
  consent: boolean
  /**
   * Plays a login page that is not ours: from its URL to the one it sends the browser to. Null for
   * another URL, which ends the login.
   */
  elsewhere?: ((url: string) => Promise<string | null>) | undefined
}

const mostSteps = 12

/**
 * Goes the way of a browser from an authorization URL: keeps cookies, follows redirects, fills in our
 * forms. Ends at the first URL that leads away from this issuer, which it returns and does not fetch.
 * @param base URLs below it are the issuer's
 * @throws Error (rejects) with the page's text when a page asks for something else
 */
export async function scriptedLogin(
  url: string,
  script: LoginScript,
  base: string,
  send: (request: Request) => Promise<Response>,
): Promise<string> {
  const cookies = new Map<string, string>()
  let request = new Request(url)
  for (let step = 0; step < mostSteps; step++) {
    request.headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
    const response = await send(request)
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location !== null) {
      const next = new URL(location, request.url).href
      const back = isBelow(next, base) ? next : await script.elsewhere?.(next)
      if (typeof back !== 'string') return location
      request = new Request(back)
      continue
    }
    const form = await readForm(response, script, request.url)
    if (!isBelow(form.action, base)) return `${form.action}#${form.body}`
    if (step > 0 && form.failed) throw new Error('the login was refused: username or password')
    request = new Request(form.action, { method: 'POST', body: form.body })
  }
  throw new Error(`the login has not come to an end after ${mostSteps} steps`)
}

async function readForm(
  response: Response,
  { username, password, consent }: LoginScript,
  at: string,
): Promise<{ action: string; body: URLSearchParams; failed: boolean }> {
  const page = await response.text()
  const action = /<form method="post" action="([^"]*)"/.exec(page)?.[1]
  if (action === undefined) {
    const text = page.replaceAll(/<(style|title)>.*?<\/\1>|<[^>]*>/gs, ' ').replaceAll(/\s+/g, ' ')
    throw new Error(`the issuer answers ${response.status}: ${plain(text).trim().slice(0, 300)}`)
  }
  const body = new URLSearchParams()
  for (const [, name = '', value = ''] of page.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)"/g,
  )) {
    body.set(plain(name), plain(value))
  }
  if (page.includes('name="password"')) {
    body.set('username', username)
    body.set('password', password)
  } else if (page.includes('name="decision"')) {
    body.set('decision', consent ? 'allow' : 'deny')
  }
  const failed = page.includes('role="alert" id="wrong"')
  return { action: new URL(plain(action), at).href, body, failed }
}

function plain(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

function isBelow(url: string, base: string): boolean {
  return url === base || url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
}
