"""The entry point that Function Compute looks for: `index.handler` and `index.initialize`."""

import gc

# All that importing creates stays. Looking through it for garbage was 8 % of a cold start.
gc.disable()
from handler.main import handler, initialize  # noqa: E402

gc.freeze()
gc.enable()

__all__ = ["handler", "initialize"]
