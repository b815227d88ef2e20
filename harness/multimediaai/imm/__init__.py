"""The local Intelligent Media Management (IMM): its API (service.py), projects, buckets bound to them, tasks."""

from __future__ import annotations

from harness.multimediaai.imm.service import VERSION, ImmService
from harness.multimediaai.imm.state.tasks import MediaTask

__all__ = ["VERSION", "ImmService", "MediaTask"]
