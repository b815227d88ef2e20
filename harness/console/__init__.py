"""The console of a local cloud: a page for people (/_console) and the same in JSON for programs (/_admin).

guard.py says who may use it, views.py what there is to see, and actions.py what can be done. pages.py and admin.py
speak HTML and JSON about both; live.py tells of changes as they happen.

Not implemented: changing or deleting single objects, functions and tasks (the services' own APIs do that),
metrics, and access from other machines.
"""

from __future__ import annotations

from harness.console.service import Console

__all__ = ["Console"]
