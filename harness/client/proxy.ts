import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { isLoopback } from './loopback.ts'

/** The proxy that the environment names for a URL; null for loopback and for hosts of NO_PROXY. */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv): URL | null {
  if (isLoopback(url.hostname) || isExcepted(url, valueOf('no_proxy', environment))) return null
  const http = valueOf('http_proxy', environment)
  const proxy = url.protocol === 'https:' ? valueOf('https_proxy', environment) || http : http
  return URL.canParse(proxy) ? new URL(proxy) : null
}

function valueOf(name: string, environment: NodeJS.ProcessEnv): string {
  return environment[name] ?? environment[name.toUpperCase()] ?? ''
}

function isExcepted(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true
    const [, host = '', only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
    if (host === '' || (only !== undefined && only !== port)) return false
    return url.hostname === host || url.hostname.endsWith(`.${host}`)
  })
}

/** `Proxy-Authorization` of a proxy URL with user information; null without. */
export function proxyAuthorization(proxy: URL): string | null {
  if (proxy.username === '') return null
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** A tunnel through the proxy (RFC 9110 section 9.3.6). Rejects when the proxy refuses it. */
export function openTunnel(proxy: URL, target: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`
  const credentials = proxyAuthorization(proxy)
  const open = proxy.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const asking = open({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(credentials === null ? {} : { 'proxy-authorization': credentials }),
      },
      agent: false,
      signal,
    })
    asking.on('error', reject)
    asking.on('connect', ({ statusCode = 0 }, socket) => {
      if (statusCode >= 200 && statusCode < 300) return resolve(socket as Socket)
      socket.destroy()
      reject(new Error(`the proxy answered ${statusCode} to CONNECT ${authority}`))
    })
    asking.end()
  })
}
