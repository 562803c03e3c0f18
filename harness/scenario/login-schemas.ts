import { z } from 'zod'

/*
 * The arguments of the verbs of a login.
 */
export const register: z.ZodType = z.strictObject({})
export const authorize: z.ZodType = z.strictObject({
  scope: z.string().optional(),
  offline: z.boolean().optional(),
  resource: z.string().optional(),
  user: z.enum(['a', 'b']).optional(),
  login: z.literal('by-steps').optional(),
})
export const browse: z.ZodType = z.strictObject({
  fill: z.record(z.string(), z.string()).optional(),
  press: z.string().optional(),
  page_of: z.string().optional(),
  url: z.string().optional(),
  stop_at: z.literal('third-party').optional(),
  user: z.enum(['a', 'b']).optional(),
  signed_in: z.boolean().optional(),
})
export const requestToken: z.ZodType = z.strictObject({
  grant: z.enum(['authorization_code', 'refresh_token']),
})
export const connect: z.ZodType = z.strictObject({ client: z.literal('mcp-sdk') })
