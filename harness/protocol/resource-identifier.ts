import { protectedResourceMetadataUrls, splitUrl } from './well-known.ts'

/** How the identifier that a document names differs from the one that the operator publishes. */
export type ResourceDifference =
  'none' | 'lone-slash' | 'origin' | 'parent' | 'trailing-slash' | 'other'

/**
 * RFC 9728 section 3.3 compares code point by code point. `lone-slash`: the slash behind a bare host;
 * `origin` and `parent`: the identifier of the host or of a path above. Null for what is no URL.
 */
export function differenceOfResource(published: string, named: unknown): ResourceDifference | null {
  const own = splitUrl(published)
  const other = typeof named === 'string' ? splitUrl(named) : null
  if (!own || !other) return null
  if (named === published) return 'none'
  const bare = (path: string): string => path.replace(/\/$/, '')
  const isPlain = named === other.origin + other.path
  if (own.origin !== other.origin || !isPlain) return 'other'
  const isWhole = published === own.origin + own.path
  if (bare(own.path) === bare(other.path) && isWhole)
    return bare(own.path) === '' ? 'lone-slash' : 'trailing-slash'
  if (bare(other.path) === '') return 'origin'
  return own.path.startsWith(`${bare(other.path)}/`) && bare(own.path) !== bare(other.path)
    ? 'parent'
    : 'other'
}

/**
 * The document stands at the well-known URL of the identifier that it names. `from` is the origin
 * that we connect to where the operator publishes `to`, as through a tunnel.
 */
export function isAtOwnUrl(url: string, named: unknown, from: string, to: string): boolean {
  if (typeof named !== 'string') return false
  const [own] = protectedResourceMetadataUrls(named)
  if (own === undefined) return false
  return own === url || (own.startsWith(`${to}/`) && own.replace(to, () => from) === url)
}
