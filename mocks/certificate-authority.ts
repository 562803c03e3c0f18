import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import type { X509Certificate as Certificate } from '@peculiar/x509'

/** A key and a certificate as PEM text, for `node:tls`. */
export interface ServerCertificate {
  key: string
  cert: string
}

export interface CertificateAuthority {
  /** PEM text to trust: `NODE_EXTRA_CA_CERTS` for Node, `SSL_CERT_FILE` for Python. */
  readonly certificate: string
  /** A certificate for these host names and IP addresses. */
  issue(hosts: string[]): Promise<ServerCertificate>
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day = 24 * 60 * 60 * 1000

/** A certificate authority of our own (RFC 5280), made in milliseconds and kept in memory. */
export async function createAuthority(): Promise<CertificateAuthority> {
  // the library wants it to be there first
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await generateKeys()
  const name = 'CN=mcp-auth-conformance mock authority'
  const authority: Certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name,
      keys,
      ...validity(),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto as Crypto,
  )
  const issue = async (hosts: string[]): Promise<ServerCertificate> => {
    const own = await generateKeys()
    const certificate = await x509.X509CertificateGenerator.create(
      {
        subject: 'CN=mcp-auth-conformance mock issuer',
        issuer: authority.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        ...validity(),
        signingAlgorithm: algorithm,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((value) => ({
              type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
              value,
            })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      },
      webcrypto as Crypto,
    )
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
    return {
      key: x509.PemConverter.encode(pkcs8 as ArrayBuffer, 'PRIVATE KEY'),
      cert: certificate.toString('pem'),
    }
  }
  return { certificate: authority.toString('pem'), issue }
}

function generateKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>
}

/** From yesterday, for clocks that go behind, to thirty days from now. */
function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) }
}
