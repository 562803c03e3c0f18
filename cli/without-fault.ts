const noConsent = 'no server sends its user to a page of its own, as URL mode would'

/** Testable requirements of a resource server that no planted fault breaks, with the reason. */
export const withoutFault: Record<string, string> = {
  'elicit.same-user-completes': noConsent,
  'elicit.third-party-credentials-not-exposed': noConsent,
  'transport.tls':
    'the servers listen on loopback, where plain http is allowed, and leave https to a proxy in front',
}
