export const redirectGoals = ['endpoint', 'login', 'elsewhere'] as const

/**
 * What a redirect leads to, as far as addresses tell: `endpoint` for the same path at the same host,
 * however it is spelled and under whatever scheme, port and query; `login` for what is called like
 * a login or carries the parameters of one; `elsewhere` for the rest.
 */
export type RedirectGoal = (typeof redirectGoals)[number]

export function redirectGoal(from: string, to: string): RedirectGoal {
  if (!URL.canParse(from) || !URL.canParse(to)) return 'elsewhere'
  const [asked, sent] = [new URL(from), new URL(to)]
  const sameHost = asked.hostname === sent.hostname
  if (sameHost && canonical(asked.pathname) === canonical(sent.pathname)) return 'endpoint'
  const place = sameHost ? sent.pathname : `${sent.hostname}${sent.pathname}`
  const isLogin =
    loginWord.test(wordsOf(place)) ||
    [...sent.searchParams.keys()].some((name) => loginParameter.test(name))
  return isLogin ? 'login' : 'elsewhere'
}

const loginWord =
  /(?<![a-z])(?:log-?[io]n|sign-?[io]n|sso|o?auth[0-9]*|authn|authenticat(?:e|ion)|authori[sz](?:e|ation)|accounts|saml[0-9]*|oidc|openid|idp|cas|consent)(?![a-z])/
const loginParameter =
  /^(?:response_type|redirect_ur[il]|samlrequest|(?:return|redirect|callback)[_-]?(?:to|ur[il])|next|continue)$/i

/** In lower case, with a hyphen wherever a word begins: `/userLogin` and `/sign_in` alike. */
function wordsOf(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()
}

function canonical(path: string): string {
  return decoded(path).toLowerCase().replaceAll(/\/+/g, '/').replace(/\/$/, '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
