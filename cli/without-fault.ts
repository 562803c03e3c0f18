const noTasks = 'none of the servers has tasks'
const noElicitation = 'no tool of the servers elicits anything'
const noInputRequired =
  'no tool of the servers answers `input_required`, so there is no `requestState`'
const noIntrospection = 'the servers verify tokens by keys and never introspect'

/** Testable requirements of a resource server that no planted fault breaks, with the reason. */
export const withoutFault: Record<string, string> = {
  'state.handle-owner-only':
    '`object-owner-unchecked` breaks it as well: ids of notes and todos are the handles here',
  'state.request-state-integrity': noInputRequired,
  'state.request-state-bound': noInputRequired,
  'tasks.owner-only': noTasks,
  'elicit.same-user-completes': noElicitation,
  'elicit.third-party-credentials-not-exposed': noElicitation,
  'elicit.no-secrets-in-form': noElicitation,
  'transport.tls':
    'the servers listen on loopback, where plain http is allowed, and leave https to a proxy in front',
  'introspection.inactive-rejected': noIntrospection,
  'introspection.fails-closed': noIntrospection,
  'introspection.claims-checked': noIntrospection,
  'introspection.cache-not-beyond-exp': noIntrospection,
}
