import { networkInterfaces } from 'node:os'
import { isLoopback } from './loopback.ts'

/**
 * The same URL by an address of this machine at which a server that listens on loopback alone cannot be
 * reached; null where there is none, or the URL is not one of this machine.
 */
export function byAnotherInterface(url: string): string | null {
  const parsed = new URL(url)
  // a certificate names the host, so nothing would be learned of the listener
  if (parsed.protocol === 'https:') return null
  if (!isLoopback(parsed.hostname) || parsed.hostname === otherLoopback) return null
  const outward = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  // on Linux every address of 127/8 is there, and a server listens on one of them or on all
  const address = outward?.address ?? (process.platform === 'linux' ? otherLoopback : null)
  if (address === null) return null
  return url.replace(/^([a-z]+:\/\/)[^/?#]*/i, (_, scheme: string) => {
    const port = parsed.port === '' ? '' : `:${parsed.port}`
    return `${scheme}${address}${port}`
  })
}

const otherLoopback = '127.0.0.2'
