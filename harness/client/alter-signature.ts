import { CannotMint } from './cannot-mint.ts'

/** Orders of the curves' groups (FIPS 186-4 D.1.2), by the length of r and s in bytes. */
const orders: Record<number, string> = {
  32: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  48: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  66: '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
}

/**
 * A signature that must not verify. `flip-bit` flips a bit in the middle: the last letter of the
 * text may hold bits that mean nothing.
 * @throws CannotMint for forms that only an ECDSA signature has
 */
export function alterSignature(signature: Uint8Array, how: string, alg: string): Buffer {
  const bytes = Buffer.from(signature)
  if (how === 'empty') return Buffer.alloc(0)
  if (how === 'zero') return Buffer.alloc(bytes.length)
  if (how === 'truncate') return bytes.subarray(0, Math.max(1, bytes.length - 16))
  if (how === 'flip-bit') {
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    return bytes
  }
  return alterEcdsa(bytes, how, alg)
}

function alterEcdsa(bytes: Buffer, how: string, alg: string): Buffer {
  const half = bytes.length / 2
  const order = orders[half]
  if (!alg.startsWith('ES') || order === undefined) {
    throw new CannotMint('no-such-form', `a signature under ${alg} has no form ${how}`)
  }
  const zero = Buffer.alloc(half)
  const n = Buffer.from(order, 'hex')
  const [r, s] = [bytes.subarray(0, half), bytes.subarray(half)]
  if (how === 'zero-r') return Buffer.concat([zero, s])
  if (how === 'zero-s') return Buffer.concat([r, zero])
  if (how === 'order') return Buffer.concat([n, n])
  if (how === 'der') return derSignature(r, s)
  throw new CannotMint('no-such-form', `nothing is known of a signature called ${how}`)
}

/** ECDSA-Sig-Value of RFC 3279 section 2.2.3, which JWS does not use. */
function derSignature(r: Buffer, s: Buffer): Buffer {
  const content = Buffer.concat([derInteger(r), derInteger(s)])
  const length = content.length < 128 ? [content.length] : [0x81, content.length]
  return Buffer.concat([Buffer.from([0x30, ...length]), content])
}

function derInteger(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.alloc(1) : value.subarray(first)
  const sign = (digits[0] ?? 0) > 127 ? Buffer.alloc(1) : Buffer.alloc(0)
  return Buffer.concat([Buffer.from([0x02, digits.length + sign.length]), sign, digits])
}
