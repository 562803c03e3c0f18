import http2 from 'node:http2'
import { connect as connectPlainly, Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { hostOf, serverName } from './forward-request.ts'
import type { InterceptRoutes } from './intercept-routes.ts'

type Connect = (this: Socket, ...given: unknown[]) => Socket

/** Every connection of this process that would leave the machine ends in `refuse`, by any protocol. */
export function guardConnections(
  { mayReach }: InterceptRoutes,
  refuse: (host: string) => Error,
): void {
  const original = Socket.prototype.connect as Connect
  const guarded: Connect = function connect(...given) {
    const host = calledHost(given)
    if (host === null || mayReach(host)) return Reflect.apply(original, this, given)
    const error = refuse(host)
    // a TLS socket is not ready to end before its maker is done with it
    process.nextTick(() => this.destroy(error))
    return this
  }
  Socket.prototype.connect = guarded as typeof Socket.prototype.connect
}

/** HTTP/2 sessions with a host that a mock plays go to the mock, under the name that was meant. */
export function takeHttp2Sessions({ mockOf }: InterceptRoutes): void {
  const original = http2.connect
  function connect(...given: unknown[]): http2.ClientHttp2Session {
    const [authority, second, third] = given as [string | URL, ...unknown[]]
    const [options, listener] = typeof second === 'function' ? [{}, second] : [second ?? {}, third]
    const mock = mockOf(new URL(authority).hostname)
    if (!mock) return Reflect.apply(original, http2, given)
    const own = { ...options, createConnection: () => connectTo(mock) }
    return original(authority, own, listener as () => void)
  }
  http2.connect = connect as typeof http2.connect
}

function connectTo(mock: URL): Socket {
  const host = hostOf(mock)
  const port = Number(mock.port === '' ? { 'http:': 80, 'https:': 443 }[mock.protocol] : mock.port)
  if (mock.protocol === 'http:') return connectPlainly({ host, port })
  return connectSecurely({ host, port, servername: serverName(mock), ALPNProtocols: ['h2'] })
}

/** The host of a call of `connect` in each of its forms; null for one to a file of this machine. */
function calledHost([first, second]: unknown[]): string | null {
  // the form in which Node's own modules hand the arguments on
  if (Array.isArray(first)) return calledHost(first)
  if (typeof first === 'object' && first !== null) {
    const { path, host } = first as { path?: unknown; host?: unknown }
    if (typeof path === 'string') return null
    return typeof host === 'string' && host !== '' ? host : 'localhost'
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return null
  return typeof second === 'string' && second !== '' ? second : 'localhost'
}
