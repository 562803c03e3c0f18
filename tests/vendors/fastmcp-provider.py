"""FastMCP for Python with the provider of a vendor, as its documentation shows it."""

import os

from fastmcp import FastMCP
from fastmcp.server.auth.providers.auth0 import Auth0MCPProvider, Auth0Provider
from fastmcp.server.auth.providers.clerk import ClerkProvider
from fastmcp.server.auth.providers.scalekit import ScalekitProvider
from fastmcp.server.dependencies import get_access_token

env = os.environ
base_url = f"http://127.0.0.1:{env['PORT']}"
client = {"client_id": env["CLIENT_ID"], "client_secret": env["CLIENT_SECRET"]}
discovery = f"{env['ISSUER'].rstrip('/')}/.well-known/openid-configuration"
# the mock shows a consent page of its own
proxied = {"base_url": base_url, "require_authorization_consent": "external", **client}

providers = {
    "ScalekitProvider": lambda: ScalekitProvider(
        environment_url=env["ISSUER"],
        resource_id=env["RESOURCE_ID"],
        base_url=base_url,
        required_scopes=["todo:read"],
    ),
    "Auth0Provider": lambda: Auth0Provider(
        config_url=discovery,
        audience=env["AUDIENCE"],
        required_scopes=["openid", "tool:greet"],
        **proxied,
    ),
    "Auth0MCPProvider": lambda: Auth0MCPProvider(
        config_url=discovery, base_url=base_url, required_scopes=["tool:greet"]
    ),
    "ClerkProvider": lambda: ClerkProvider(domain=env["DOMAIN"], **proxied),
}

mcp = FastMCP(name="provider", auth=providers[env["PROVIDER"]]())


@mcp.tool
def whoami() -> dict[str, str | None]:
    """Who calls."""
    token = get_access_token()
    return {"subject": token.claims.get("sub") if token else None}


mcp.run(transport="http", host="127.0.0.1", port=int(env["PORT"]), path="/mcp")
