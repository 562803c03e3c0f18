import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importSPKI, type CryptoKey } from 'jose'
import type { KeySource } from './verify.ts'

/** One public key (SPKI, PEM) that the operator put there. Throws when it does not fit the algorithm. */
export async function loadPublicKey(path: string, algorithm: string): Promise<KeySource> {
  return importPublicKey(readFileSync(path, 'utf8'), algorithm)
}

/** One public key (SPKI, PEM). Throws when it does not fit the algorithm. */
export async function importPublicKey(pem: string, algorithm: string): Promise<KeySource> {
  const key: CryptoKey = await importSPKI(pem, algorithm)
  return { find: async () => key }
}

/** The path of `public.pem`; makes the pair on the first start, readable by its owner only. */
export function ensureKeyPair(directory: string, algorithm: string): string {
  const publicPath = join(directory, 'public.pem')
  if (existsSync(publicPath)) return publicPath
  const { publicKey, privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const write = (name: string, text: string | Buffer): void =>
    writeFileSync(join(directory, name), text, { mode: 0o600, flag: 'wx' })
  write('private.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }))
  write('public.pem', publicKey.export({ type: 'spki', format: 'pem' }))
  return publicPath
}
