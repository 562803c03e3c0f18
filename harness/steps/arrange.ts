import type { IssuerArrangement, IssuerControl, UpstreamControl } from '../model.ts'
import { isObject } from '../protocol/json.ts'
import type { JsonObject } from '../protocol/json.ts'
import { CannotTake } from './context.ts'
import type { Taken } from './context.ts'
import type { ProbeState } from './probe-state.ts'

/** Uses the tester's powers. Whatever is arranged is undone when the probe ends. */
export async function arrange(
  argument: JsonObject,
  state: ProbeState,
  name: string,
): Promise<Taken> {
  const { run } = state
  if (isObject(argument['issuer'])) await arrangeIssuer(run.issuer, argument['issuer'], state, name)
  if (isObject(argument['second-issuer']))
    await arrangeIssuer(run.secondIssuer, argument['second-issuer'], state, name)
  if (isObject(argument['listener'])) {
    const listener = await state.ensureListener()
    const { undo } = await listener.arrange({ serve: String(argument['listener']['serve']) })
    state.undo.push({ step: name, undo })
  }
  if (isObject(argument['upstream'])) {
    if (!run.upstream) throw new CannotTake('broken', 'the tester observes no upstream')
    const powers = argument['upstream'] as unknown as Parameters<UpstreamControl['arrange']>[0]
    const { undo } = await run.upstream.arrange(powers)
    state.undo.push({ step: name, undo })
  }
  if (argument['target'] === 'restart') await restart(state)
  if (typeof argument['undo'] === 'string') await state.undoStep(argument['undo'])
  return { answers: [], roundTrips: [] }
}

const disturbing = new Set(['fail', 'metadata', 'response', 'introspection'])

async function arrangeIssuer(
  issuer: IssuerControl | null,
  powers: JsonObject,
  state: ProbeState,
  name: string,
): Promise<void> {
  if (!issuer) throw new CannotTake('broken', 'the tester holds no issuer')
  for (const [power, value] of Object.entries(powers)) {
    const { undo } = await issuer.arrange({ [power]: value } as unknown as IssuerArrangement)
    const outage = power === 'fail'
    state.undo.push({ step: name, undo, disturbs: disturbing.has(power), outage })
  }
}

/** A cold start. What was arranged is undone later; whoever needs the target then restarts it again. */
async function restart(state: ProbeState): Promise<void> {
  const { restartTarget } = state.run
  if (!restartTarget) throw new CannotTake('broken', 'the harness did not start the target')
  await restartTarget()
}
