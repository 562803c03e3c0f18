/** The path of a URL as it is written, not as a URL parser would print it. */
export function splitUrl(url: string): { origin: string; path: string } {
  const match = /^([a-z]+:\/\/[^/?#]+)([^#]*)/i.exec(url)
  const path = match?.[2] ?? ''
  return { origin: match?.[1] ?? url, path: path.startsWith('/') ? path : `/${path}` }
}
