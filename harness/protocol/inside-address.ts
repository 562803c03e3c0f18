import { BlockList, isIP } from 'node:net'

/** Of this machine and of networks that nobody outside reaches: RFC 1122, RFC 1918, RFC 3927, RFC 6598. */
const inside4 = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  inside4.addSubnet(network, bits, 'ipv4')

/** RFC 4193, RFC 4291; `::/80` holds `::1` and the IPv4 addresses in that form. */
const inside6 = new BlockList()
inside6.addSubnet('::', 80, 'ipv6')
inside6.addSubnet('fc00::', 7, 'ipv6')
inside6.addSubnet('fe80::', 10, 'ipv6')

/** Whether a host is an address inside a network; IPv6 with or without its brackets. Names are none. */
export function isInsideAddress(host: string): boolean {
  const address = host.replaceAll(/^\[|\]$/g, '')
  const family = isIP(address)
  if (family === 4) return inside4.check(address, 'ipv4')
  return family === 6 && inside6.check(address, 'ipv6')
}
