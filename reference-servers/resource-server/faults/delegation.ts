import { isRecord } from '../key-set.ts'
import { invalid } from '../refusal.ts'
import type { Fault } from './fault.ts'

/** Whom a delegated token speaks for, and who may act with it (RFC 8693 section 4.1). */
export const delegationFaults: Record<string, Fault> = {
  'actor-as-subject': {
    about: 'The user is the innermost sub that is found.',
    plant: (rules) => ({
      toPrincipal: (claims, token, config) =>
        rules.toPrincipal(
          { ...claims, sub: chainOf(claims).at(-1) ?? claims['sub'] },
          token,
          config,
        ),
    }),
  },
  'delegated-tokens-refused': {
    about: 'A token with an actor is refused.',
    plant: () => ({
      checkActor: ({ act }) => {
        if (act !== undefined) throw invalid('delegated')
      },
    }),
  },
  'actor-anywhere-in-chain': {
    about: 'An actor may act when one who may stands anywhere in the chain, or in may_act.',
    plant: (rules) => ({
      checkActor: (claims, config) => {
        const mayAct = chainOf({ act: claims['may_act'] })
        const known = [...chainOf(claims), ...mayAct].find((actor) =>
          config.actorAllowlist?.includes(String(actor)),
        )
        if (known === undefined) rules.checkActor(claims, config)
      },
    }),
  },
  'actor-chain-crashes': {
    about: 'A chain of more than three actors ends in a server error.',
    plant: (rules) => ({
      checkActor: (claims, config) => {
        if (chainOf(claims).length > 3) throw new RangeError('too deep')
        rules.checkActor(claims, config)
      },
    }),
  },
}

/** The actors, outermost first. */
function chainOf({ act }: Record<string, unknown>): unknown[] {
  return isRecord(act) ? [act['sub'], ...chainOf(act)] : []
}
