import type { LoginFields } from './rules.ts'

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 4rem auto; padding: 0 1rem; color: #1a1a1a }
label { display: block; margin-top: 1rem }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit }
button { margin-top: 1.5rem; padding: .5rem 1.5rem; font: inherit }
p { margin: .5rem 0 }`

type Escape = (text: string) => string

/** The form in which a user of the product logs in for an MCP client. */
export function loginPage(hidden: Partial<LoginFields>, escape: Escape): string {
  const fields = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`,
  )
  return page(
    'Log in to Todo App',
    `<p>An application asks for access to your todos. Log in only if you have just asked for that yourself.</p>
<form method="post" action="/auth/mcp-login-callback">
${fields.join('\n')}
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" autofocus required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Log in</button>
</form>`,
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
<p><a href="/auth/mcp-login?${escape(String(query))}">Try again</a></p>`,
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
