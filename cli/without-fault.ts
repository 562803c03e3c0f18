const noTasks = 'none of the servers has tasks'
const noElicitation = 'no tool of the servers elicits anything'
const noInputRequired =
  'no tool of the servers answers `input_required`, so there is no `requestState`'

/** Testable requirements of a resource server that no planted fault breaks, with the reason. */
export const withoutFault: Record<string, string> = {
  'state.request-state-integrity': noInputRequired,
  'state.request-state-bound': noInputRequired,
  'tasks.owner-only': noTasks,
  'elicit.same-user-completes': noElicitation,
  'elicit.third-party-credentials-not-exposed': noElicitation,
  'elicit.no-secrets-in-form': noElicitation,
  'transport.tls':
    'the servers listen on loopback, where plain http is allowed, and leave https to a proxy in front',
}
