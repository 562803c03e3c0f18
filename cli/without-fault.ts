/** Testable requirements of a resource server that no planted fault breaks, with the reason. */
export const withoutFault: Record<string, string> = {
  'transport.tls':
    'the servers listen on loopback, where plain http is allowed, and leave https to a proxy in front',
}
