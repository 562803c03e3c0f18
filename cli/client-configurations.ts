/** How MCP clients are told about a server, ready to be pasted. They log in by themselves. */
export function clientConfigurations(name: string, url: string): string {
  const remote = { command: 'npx', args: ['-y', 'mcp-remote', url] }
  return `# Claude Desktop: claude_desktop_config.json
${JSON.stringify({ mcpServers: { [name]: remote } })}

# VS Code: .vscode/mcp.json
${JSON.stringify({ servers: { [name]: { type: 'http', url } } })}

# MCP Inspector, with the token above
npx -y @modelcontextprotocol/inspector --cli '${url}' --transport http --method tools/list --header "Authorization: Bearer $TOKEN"`
}
