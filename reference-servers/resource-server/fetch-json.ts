const mostBytes = 1024 * 1024

/** A JSON document, by GET unless asked for otherwise. Throws unless it is a 200 with JSON of at most 1 MiB, in time, in place. */
export async function fetchJson(
  url: string,
  timeoutMs: number,
  { headers, ...request }: { method?: string; headers?: object; body?: URLSearchParams } = {},
): Promise<unknown> {
  const response = await fetch(url, {
    ...request,
    headers: { Accept: 'application/json', ...headers },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Error('the document is too large')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
