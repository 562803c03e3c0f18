import { didYouMean } from '../harness/scenario/suggest.ts'
import { UsageError } from '../harness/select.ts'
import { programs } from '../reference-servers/programs.ts'

/**
 * Faults are named with commas between; `original` stands for those of the published example.
 * @throws UsageError for a fault that a bundled server does not have, before the server is started
 */
export async function refuseUnknownFaults(server: string, list: string): Promise<void> {
  const program = await programs[server]?.()
  if (!program) return
  const known = [...Object.keys((await program.faults()).faults), 'original']
  const names = list.split(',').map((each) => each.trim())
  const unknown = names.find((each) => each !== '' && !known.includes(each))
  if (unknown === undefined) return
  throw new UsageError(
    `no fault of ${server} is called "${unknown}"${didYouMean(unknown, known)} See mcp-auth-conformance list --faults.`,
  )
}
