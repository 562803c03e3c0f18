import type { ScalekitClient } from '@scalekit-sdk/node'
import type { ScalekitSettings } from './settings.ts'

export interface ToldUser {
  sub: string
  email: string
}

/** The provider as the app uses it: bring your own auth. */
export interface Scalekit {
  /** Says who logged in. Rejects when the provider does not take it. */
  tellWhoLoggedIn(loginRequestId: string, user: ToldUser): Promise<void>
  /** Where the browser goes then. */
  wayBack(state: string): string
}

/** The SDK is loaded, and its client made, at the first login. */
export function useScalekit(settings: ScalekitSettings): Scalekit {
  const { environmentUrl, clientId, clientSecret, connectionId } = settings
  let made: Promise<ScalekitClient> | undefined
  const client = async (): Promise<ScalekitClient> => {
    const { ScalekitClient: Client } = await import('@scalekit-sdk/node')
    return new Client(environmentUrl, clientId, clientSecret)
  }
  return {
    tellWhoLoggedIn: async (loginRequestId, user) => {
      const { auth } = await (made ??= client())
      await auth.updateLoginUserDetails(connectionId, loginRequestId, user)
    },
    wayBack: (state) => {
      const connection = encodeURIComponent(connectionId)
      const callback = `${environmentUrl}/sso/v1/connections/${connection}/partner:callback`
      return `${callback}?state=${encodeURIComponent(state)}`
    },
  }
}
