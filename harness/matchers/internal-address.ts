import { isInsideAddress } from '../protocol/inside-address.ts'

// A hostile text must not cost more than one look at each letter: every repetition is bounded.
const addresses = /(?<![\w.:-])(\d{1,3}(?:\.\d{1,3}){3})(:\d{1,5})?(?![\w-]|\.\d)/g
const bracketed = /(\[[\da-f:.]{2,45}\])(:\d{1,5})?/gi
const loopbackPort = /(?<![\w.-])(?:localhost|::1):\d{1,5}(?!\d)/gi
const urls =
  /\b(?:https?|wss?|ftp|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|grpcs?|tcp|udp|ldaps?|smtps?|kafka|nats|socks[45]?):\/\/(?:[^\s"'<>\\/?#`@]{1,128}@)?([a-z0-9][a-z0-9.-]{0,252}(?::\d{1,5})?)(?=[\s"'<>\\/?#`)\],;]|\.?$)/gi
/** What resolvers and HTTP clients say of a host. */
const looked = /\b(?:ENOTFOUND|EAI_AGAIN|lookup|host=['"]?)\s?([a-z0-9][a-z0-9.-]{0,252})/gi
const named =
  /(?<![\w.-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.(?:internal|localdomain|svc\.cluster\.local)(?::\d{1,5})?(?![\w-])/gi

const spokenOf = /connect|host|addr|route|econn|dial|bind|listen|reach|resolv|proxy|upstream/i
const onlyInside = /^[a-z0-9-]+$|\.(?:internal|local|localdomain|lan|intranet|svc|cluster)$/i

/**
 * The first address in a text by which nobody outside reaches anything: of loopback, of a private
 * network, a host of one label, or a name that is only known inside. `known` are hosts that the caller
 * knows anyway, in lower case and with the port that is not the default one.
 */
export function internalAddressIn(written: string, known: ReadonlySet<string>): string | null {
  const text = written.replaceAll(/%3a%2f%2f/gi, '://').replaceAll(/%2f/gi, '/')
  const found = [
    ...addressesIn(text),
    ...matchesOf(loopbackPort, text),
    ...matchesOf(urls, text).filter(isInside),
    ...matchesOf(looked, text).filter(isInside),
    ...matchesOf(named, text),
  ]
  return found.find((host) => !known.has(host.toLowerCase())) ?? null
}

/** An address without a port may be the number of a version, unless something is said of a host. */
function addressesIn(text: string): string[] {
  const saidOfHost = (index: number): boolean => {
    const before = text.slice(Math.max(0, index - 24), index)
    return /[/@]$/.test(before) || spokenOf.test(before)
  }
  return [...text.matchAll(addresses), ...text.matchAll(bracketed)].flatMap(
    ({ index, 0: whole, 1: address = '', 2: port }) =>
      isInsideAddress(address) && (port !== undefined || saidOfHost(index)) ? [whole] : [],
  )
}

function matchesOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([whole, part]) => part ?? whole)
}

function isInside(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/\.$/, '')
  return onlyInside.test(name) && !/^\d+$/.test(name)
}
