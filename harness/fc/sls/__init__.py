"""The local Log Service. `state/` holds what is in it, `query/` knows its language, `wire/` speaks its API."""

from __future__ import annotations

from harness.fc.sls.errors import SlsError
from harness.fc.sls.service import LogService
from harness.fc.sls.state.index import read_index
from harness.fc.sls.state.model import Document, Line

__all__ = ["Document", "Line", "LogService", "SlsError", "read_index"]
