import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Principal } from './principal.ts'

/** What one server offers, whatever the wire. How it is locked is said by its rules. */
export interface System {
  /** The name by which MCP clients know the program. */
  name: string
  /** `resource_name` of the metadata, for people. */
  title: string
  tools: Tool[]
  resources: Resource[]
  prompts: Prompt[]
  /** Scopes that stand for others as well. */
  impliedScopes: Record<string, string[]>
  /** Served to everybody, in front of the lock: health, documents, login pages. */
  openRoutes: RequestHandler[]
  /** Served behind the lock, beside the endpoint. */
  guardedRoutes: RequestHandler[]
  /** The paths of the older transport, where it is served as well. */
  legacy?: LegacyPaths
}

/** MCP revision 2024-11-05: GET opens the stream, messages are posted beside it. */
export interface LegacyPaths {
  stream: string
  messages: string
}

interface Guarded {
  name: string
  /** Beyond those that every request needs. */
  scopes: string[]
}

export interface Tool<Input extends z.ZodRawShape = z.ZodRawShape> extends Guarded {
  title?: string
  description: string
  input: Input
  /** JSON Schema of the structured result, as it is listed. */
  outputSchema?: { type: 'object'; [member: string]: unknown }
  readOnly: boolean
  /** Listed only for callers who may use it. */
  hidden?: true
  /** What its user is asked before it runs. */
  question?: Question
  /** May run as a task, whose result is fetched later. */
  asTask?: true
  run(input: z.infer<z.ZodObject<Input>>, context: ToolContext): Promise<ToolResult>
}

/** A form for the user (MCP elicitation). */
export interface Question {
  /** Of the answer, beside those to other questions. */
  name: string
  message: string
  requestedSchema: {
    type: 'object'
    properties: Record<string, { type: 'string'; title: string }>
    required: string[]
  }
}

export interface ToolContext {
  caller: Principal
  /** To the tool's question. */
  answer?: Record<string, unknown>
  /** Sends a message on the caller's open stream. */
  notify(): Promise<void>
}

/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type ToolResult = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: true
}

/** Thrown by a tool that cannot go on before its user was at a page (MCP elicitation, URL mode). */
export class PageNeeded extends Error {
  readonly url: string

  constructor(url: string, message: string) {
    super(message)
    this.name = 'PageNeeded'
    this.url = url
  }
}

/** Where the client opens no pages, its user has to. */
export function sayWhere({ message, url }: PageNeeded): ToolResult {
  return { ...say(`${message} Open ${url} in a browser, then try again.`), isError: true }
}

export interface Resource extends Guarded {
  uri: string
  text: string
  /** Whom it exists for; for everybody where nothing is said. */
  mayRead?(caller: Principal): boolean
}

export interface Prompt extends Guarded {
  description: string
  /** What the argument `text` may be completed to. */
  words: string[]
  ask(text: string): PromptResult
}

/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type PromptResult = {
  messages: { role: 'user'; content: { type: 'text'; text: string } }[]
}

/** Keeps the types of a tool's input together with the function that reads it. */
export function defineTool<Input extends z.ZodRawShape>(tool: Tool<Input>): Tool {
  return tool
}

/** A system without anything but tools. */
export function toolSystem(name: string, title: string, tools: Tool[]): System {
  return {
    name,
    title,
    tools,
    resources: [],
    prompts: [],
    impliedScopes: {},
    openRoutes: [],
    guardedRoutes: [],
  }
}

/** A result of text alone. */
export function say(text: string): ToolResult {
  return { content: [{ type: 'text', text }] }
}

/** Structured data, and the same as text for clients that read no other. */
export function show(structuredContent: Record<string, unknown>): ToolResult {
  return { ...say(JSON.stringify(structuredContent)), structuredContent }
}

/** @throws where the resource does not exist for the caller. */
export function readResource(
  { uri, text, mayRead }: Resource,
  caller: Principal,
): { contents: { uri: string; text: string }[] } {
  if (mayRead?.(caller) === false) throw new Error('There is no such resource.')
  return { contents: [{ uri, text }] }
}

/** A type and not an interface, so that it is assignable to the SDKs' open result types. */
export type ToolListing = {
  name: string
  title?: string
  description: string
  inputSchema: { type: 'object'; [member: string]: unknown }
  outputSchema?: { type: 'object'; [member: string]: unknown }
  annotations: { readOnlyHint: boolean }
  execution?: { taskSupport: 'optional' }
}

/** The answer to tools/list for a caller with these scopes; the SDKs list the same for everybody. */
export function listTools(tools: Tool[], scopes: string[]): ToolListing[] {
  return tools
    .filter(
      ({ hidden, scopes: needed }) => !hidden || needed.every((each) => scopes.includes(each)),
    )
    .map(({ name, title, description, input, outputSchema, readOnly }) => ({
      name,
      ...(title === undefined ? {} : { title }),
      description,
      // What a caller sends: members with a default may be left out.
      inputSchema: { ...z.toJSONSchema(z.object(input), { io: 'input' }), type: 'object' as const },
      ...(outputSchema && { outputSchema }),
      annotations: { readOnlyHint: readOnly },
    }))
}
