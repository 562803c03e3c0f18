"""FastMCP for Python over streamable HTTP: JWTVerifier and RemoteAuthProvider, as its documentation shows."""

import os

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import AnyHttpUrl

issuer = os.environ["ISSUER"]
resource = os.environ["RESOURCE"]

verifier = JWTVerifier(
    jwks_uri=os.environ["JWKS_URI"],
    issuer=issuer,
    audience=resource,
    required_scopes=["mcp:read"],
)
verifier._cache_ttl = 1  # one hour, and no option: the run would wait for it

mcp = FastMCP(
    name="fastmcp-python",
    auth=RemoteAuthProvider(
        token_verifier=verifier,
        authorization_servers=[AnyHttpUrl(issuer)],
        base_url=resource.removesuffix("/mcp"),
        resource_name="FastMCP for Python",
    ),
)


@mcp.tool(annotations={"readOnlyHint": True})
def whoami() -> dict[str, str | None]:
    """Who calls."""
    token = get_access_token()
    return {"subject": token.claims.get("sub") if token else None}


mcp.run(transport="http", host="127.0.0.1", port=int(os.environ["PORT"]), path="/mcp")
