import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAuthority } from './certificate-authority.ts'
import type { ServerCertificate } from './certificate-authority.ts'

/** What a listener needs for https, and what its clients need to trust it. */
export interface Certified {
  certificate: ServerCertificate
  /** PEM file of the authority, which only this user can read; removed when the process ends. */
  file: string
}

let shared: Promise<Shared> | null = null

interface Shared {
  file: string
  issue(hosts: string[]): Promise<ServerCertificate>
}

/** A certificate of the one authority of this process, so that whoever trusts one issuer trusts all. */
export async function certify(hosts: string[]): Promise<Certified> {
  const { file, issue } = await (shared ??= openShared())
  return { certificate: await issue(hosts), file }
}

async function openShared(): Promise<Shared> {
  const authority = await createAuthority()
  const folder = await mkdtemp(path.join(tmpdir(), 'mcp-auth-authority-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'authority.pem')
  await writeFile(file, authority.certificate, { mode: 0o600 })
  const issued = new Map<string, Promise<ServerCertificate>>()
  const issue = (hosts: string[]): Promise<ServerCertificate> => {
    const names = hosts.toSorted().join(' ')
    const known = issued.get(names) ?? authority.issue(hosts)
    issued.set(names, known)
    return known
  }
  return { file, issue }
}
