"""The entry point that Function Compute looks for: `index.handler`, `index.collect` and `index.initialize`."""

import gc
import os

# All that importing creates stays. Looking through it for garbage was 8 % of a cold start.
gc.disable()
# pydantic looks for plugins in every package that the runtime brings along: with ninety, 5 % of a cold start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
from handler.main import collect, handler, initialize  # noqa: E402

gc.freeze()
gc.enable()

__all__ = ["collect", "handler", "initialize"]
