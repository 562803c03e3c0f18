// A hostile text must not cost more than one look at each letter: every repetition is bounded.
const octet = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`
const inside = [
  String.raw`(?:127|10)(?:\.${octet}){3}`,
  String.raw`(?:192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))(?:\.${octet}){2}`,
  String.raw`0\.0\.0\.0`,
].join('|')
/** Of loopback and of networks that nobody outside reaches: RFC 1122, RFC 1918, RFC 3927, RFC 6598. */
const addresses = new RegExp(String.raw`(?<![\w.:-])((?:${inside})(:\d{1,5})?)(?![\w-]|\.\d)`, 'gi')
/** RFC 4193, RFC 4291: `[::1]`, `[fd…]`, `[fe80…]`, and IPv4 addresses in that form. */
const bracketed =
  /\[(?:::1|f[cd][\da-f]{2}:[\da-f:]{1,40}|fe80:[\da-f:]{1,40}|::ffff:[\d.]{7,15})\](?::\d{1,5})?/gi
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
    ...matchesOf(bracketed, text),
    ...matchesOf(loopbackPort, text),
    ...matchesOf(urls, text).filter(isInside),
    ...matchesOf(looked, text).filter(isInside),
    ...matchesOf(named, text),
  ]
  return found.find((host) => !known.has(host.toLowerCase())) ?? null
}

/** An address without a port may be the number of a version, unless something is said of a host. */
function addressesIn(text: string): string[] {
  return [...text.matchAll(addresses)].flatMap(({ index, 1: host = '', 2: port }) => {
    const before = text.slice(Math.max(0, index - 24), index)
    return port !== undefined || /[/@]$/.test(before) || spokenOf.test(before) ? [host] : []
  })
}

function matchesOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([whole, part]) => part ?? whole)
}

function isInside(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/\.$/, '')
  return onlyInside.test(name) && !/^\d+$/.test(name)
}
