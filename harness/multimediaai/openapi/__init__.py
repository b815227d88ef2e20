"""What the RPC-style services of the OpenAPI gateway have in common."""
