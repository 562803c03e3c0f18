import type { LoginFields } from './rules.ts'

const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1a1a1a; background: #f2f4f7 }
main { box-sizing: border-box; max-width: 24rem; margin: 4rem auto; padding: 2rem; background: #fff; border: 1px solid #d5dae1; border-radius: .5rem }
h1 { font-size: 1.4rem; margin: 0 0 1rem }
p { margin: .5rem 0 }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; border: 1px solid #767e8a; border-radius: .25rem }
button, .button { display: inline-block; margin-top: 1.5rem; padding: .5rem 1.5rem; font: inherit; color: #fff; background: #1d4f91; border: 0; border-radius: .25rem; text-decoration: none; cursor: pointer }
:focus-visible { outline: 3px solid #6ea8fe; outline-offset: 2px }
[role=alert] { padding: .5rem .75rem; background: #fdeceb; border-left: .25rem solid #b3261e }
@media (max-width: 26rem) { main { margin: 0; border: 0; border-radius: 0 } }`

type Escape = (text: string) => string

/** The form in which a user of the product logs in for an MCP client. */
export function loginPage(hidden: Partial<LoginFields>, escape: Escape): string {
  return page(
    'Log in to Todo App',
    `<p>An application asks for access to your todos. Log in only if you have just asked for that yourself.</p>
${loginForm('/auth/mcp-login-callback', hidden, escape)}`,
  )
}

function hiddenFields(hidden: Record<string, string>, escape: Escape): string {
  return Object.entries(hidden)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`)
    .join('\n')
}

function loginForm(action: string, hidden: Record<string, string>, escape: Escape): string {
  return `<form method="post" action="${action}">
${hiddenFields(hidden, escape)}
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" autofocus required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Log in</button>
</form>`
}

/** The form in which a user of the product logs in to connect a calendar. */
export function connectLoginPage(
  hidden: { request: string; form_token: string },
  escape: Escape,
  refused = false,
): string {
  return page(
    'Connect your calendar',
    `<p>Log in only if you have just asked for that yourself.</p>
${refused ? '<p role="alert">Invalid username or password.</p>' : ''}
${loginForm('/calendar/login', hidden, escape)}`,
  )
}

/** Asks the user, by name, before going on to the provider: who was led here under another name sees it. */
export function connectPage(
  name: string,
  hidden: { request: string; form_token: string },
  escape: Escape,
): string {
  return page(
    'Connect your calendar',
    `<p>Connect a calendar to the account of ${escape(name)}?</p>
<form method="post" action="/calendar/connect">
${hiddenFields(hidden, escape)}
<button type="submit">Connect</button>
</form>`,
  )
}

export function connectedPage(): string {
  return page(
    'Connect your calendar',
    '<p>Your calendar is connected. You may close this page.</p>',
  )
}

export function wrongPasswordPage(
  { loginRequestId, state }: { loginRequestId: string; state: string },
  escape: Escape,
): string {
  const query = new URLSearchParams({ login_request_id: loginRequestId, state })
  return page(
    'Log in to Todo App',
    `<p role="alert">Invalid username or password.</p>
<p><a class="button" href="/auth/mcp-login?${escape(String(query))}">Try again</a></p>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`
}
