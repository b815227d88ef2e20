"""The local Multimedia AI: its API (service.py) and its tasks; harness.multimediaai.media makes their GIFs."""

from __future__ import annotations

from harness.multimediaai.account import Account
from harness.multimediaai.download import Limits
from harness.multimediaai.service import MultimediaAIService
from harness.multimediaai.tasks import Task, TaskStatus

__all__ = ["Account", "Limits", "MultimediaAIService", "Task", "TaskStatus"]
