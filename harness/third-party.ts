import { nameInContainers } from './client/loopback.ts'
import type { ThirdPartyControl } from './model.ts'
import type { CommandTarget } from './target/command.ts'

interface OpenedThirdParty {
  thirdParty: ThirdPartyControl
  values: Record<string, string>
  close(): Promise<void>
}

/** Plays the third party of a target that is told its address; null for all others. */
export async function openThirdParty(
  start: CommandTarget | null,
): Promise<OpenedThirdParty | null> {
  const written = JSON.stringify([start?.command, start?.env, start?.upstream?.env])
  if (!written.includes('{{third-party.url}}')) return null
  const { serveIssuer } = await import('../mocks/serve-issuer.ts')
  const side = start?.side
  const served = await serveIssuer({ key: 'second', ...(side && { name: nameInContainers }) })
  side?.reach(served.port)
  return {
    thirdParty: served,
    values: { 'third-party.url': served.url },
    close: async () => {
      await side?.leave(served.port)
      await served.close()
    },
  }
}
