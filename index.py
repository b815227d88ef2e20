"""The entry point that Function Compute looks for: `index.handler` and `index.initialize`."""

from handler.main import handler, initialize

__all__ = ["handler", "initialize"]
