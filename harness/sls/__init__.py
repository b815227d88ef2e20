"""The local Log Service. `state/` holds what is in it, `query/` knows its language, `wire/` speaks its API."""

from __future__ import annotations

from harness.sls.errors import SlsError
from harness.sls.service import LogService
from harness.sls.state.index import read_index
from harness.sls.state.model import Document, Line

__all__ = ["Document", "Line", "LogService", "SlsError", "read_index"]
