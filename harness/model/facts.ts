import type { JsonValue } from '../protocol/json.ts'

/** A declared fact has three values: a value, `none` (the server has no such thing), absent. */
export interface ToolFact {
  name: string
  arguments?: Record<string, JsonValue>
  scopes?: string[]
  /** The argument that becomes the last segment of an upstream's path, and the path before it. */
  argument?: string
  route?: string
  /** What the user answers, by the names of the questions. */
  answers?: Record<string, JsonValue>
  identity?: { path: string; a?: string; b?: string }
}
export type Declared<T> = T | 'none'

/** A login that a provider borrows from the product, which is the upstream. */
export type OwnLogin = {
  /** Path of the page to which the provider sends people. */
  page: string
  /** Path at which the product itself takes user name and password, as a form. */
  product: string
  /** Path at the provider to which the product sends people back. */
  back: string
  /** Names of the form's fields. */
  username: string
  password: string
}

/** What the tester declares about a server (`facts:` of the configuration file). */
export interface Facts {
  target?: {
    allowed_origin?: Declared<string>
    scopes?: Declared<{ required: string[] }>
    introspection?: Declared<string>
    protected?: boolean
    resource?: string
    short_life?: string
    key_cache?: string
    /** How far the clocks of the server and its issuer may differ. */
    leeway?: string
    /** After which no state of a request is taken any more. */
    state_life?: Declared<string>
    /** Whoever runs the server agrees to a hundred bad tokens in a few seconds. */
    bursts?: Declared<true>
    /** The product's login, to which its provider sends people: paths, and names of form fields. */
    own_login?: Declared<OwnLogin>
    /** What the operator says is on purpose: `no-audience`, `client-id-audience` … */
    documented?: string[]
    [name: string]: JsonValue | undefined
  }
  tool?: Record<string, Declared<ToolFact>>
  resource?: Record<string, Declared<{ uri: string; scopes?: string[] }>>
  prompt?: Record<string, Declared<ToolFact>>
  user?: Record<
    string,
    Declared<{ subject: string; username?: string; password?: string; email?: string }>
  >
  client?: { id?: Declared<string>; secret?: Declared<string>; allowlist?: Declared<string> }
  issuer?: Record<string, JsonValue>
}
